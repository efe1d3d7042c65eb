[VapourSynth Manifest V1]
liboldfilm-vs
