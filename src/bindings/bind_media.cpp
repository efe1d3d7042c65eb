#include "bind.hpp"
#include "media_handles.hpp"

#include <nanobind/make_iterator.h>

namespace oldfilm::bindings {

ReadOptions ReadArguments::options() const {
    ReadOptions read;
    read.source_fps = source_fps;
    read.start = start;
    read.duration = duration;
    read.strict = strict;
    if (missing == "hold") {
        read.missing = MissingPictures::hold;
    } else if (missing == "black") {
        read.missing = MissingPictures::black;
    } else if (missing != "stop") {
        throw Error(Errc::invalid_argument,
                    "missing must be stop, hold or black, found \"" + missing + "\"");
    }
    return read;
}

namespace {

using namespace nb::literals;

/// A writer, and the reader that it takes sound and subtitles from.
struct WriterHandle {
    std::shared_ptr<Reader> source;
    std::unique_ptr<Handle<Writer>> writer;
};

void bind_info(nb::module_& module) {
    nb::class_<MediaInfo>(module, "MediaInfo",
                          "Properties of a media file that matter for restoration.")
        .def_ro("path", &MediaInfo::path)
        .def_ro("container", &MediaInfo::container)
        .def_ro("codec", &MediaInfo::codec)
        .def_ro("pixel_format", &MediaInfo::pixel_format)
        .def_ro("width", &MediaInfo::width)
        .def_ro("height", &MediaInfo::height)
        .def_ro("bits", &MediaInfo::bits)
        .def_ro("channels", &MediaInfo::channels)
        .def_ro("frame_rate", &MediaInfo::frame_rate)
        .def_ro("frames", &MediaInfo::frames)
        .def_ro("duration", &MediaInfo::duration)
        .def_ro("sample_aspect", &MediaInfo::sample_aspect)
        .def_ro("color", &MediaInfo::color)
        .def_ro("timecode", &MediaInfo::timecode)
        .def_ro("interlaced", &MediaInfo::interlaced)
        .def_ro("film_rate", &MediaInfo::film_rate)
        .def("to_json", &MediaInfo::to_json)
        .def("__repr__", [](const MediaInfo& i) {
            return nb::str("<oldfilm.MediaInfo {}: {} {} x {}, {} frames>")
                .format(i.path, i.codec, i.width, i.height, i.frames);
        });
    module.def(
        "inspect_media",
        [](const std::filesystem::path& path) { return inspect_media(path.string()); }, "path"_a,
        nb::call_guard<nb::gil_scoped_release>(),
        "Properties of a file, without decoding all of it.");
}

void make_reader(ReaderHandle* made, const std::filesystem::path& path,
                 std::optional<Rational> source_fps, Rational start,
                 std::optional<Rational> duration, bool deinterlace, bool strict,
                 const std::string& missing, int threads, const std::string& device,
                 LogFunction log) {
    ReadOptions options = ReadArguments{source_fps, start, duration, strict, missing}.options();
    options.deinterlace = deinterlace;
    options.threads = threads;
    options.device = device;
    options.log = log_to(std::move(log));
    const auto open = [&] {
        const nb::gil_scoped_release released;
        return std::make_shared<Reader>(path.string(), options);
    };
    new (made) ReaderHandle(open());
}

void bind_reader(nb::module_& module) {
    nb::class_<ReaderHandle>(module, "Reader",
                             "Decodes the first video stream of a file, a picture or an image "
                             "sequence, frame by frame.")
        .def("__init__", make_reader, "path"_a, nb::kw_only(), "source_fps"_a = nb::none(),
             "start"_a = Rational(), "duration"_a = nb::none(), "deinterlace"_a = false,
             "strict"_a = false, "missing"_a = "stop", "threads"_a = 0, "device"_a = "",
             "log"_a = nb::none())
        .def_prop_ro("info",
                     [](ReaderHandle& r) { return r.use([](Reader& it) { return it.info(); }); })
        .def_prop_ro("format",
                     [](ReaderHandle& r) { return r.use([](Reader& it) { return it.format(); }); })
        .def_prop_ro(
            "concealed",
            [](ReaderHandle& r) { return r.use([](Reader& it) { return it.concealed(); }); })
        .def("next", [](ReaderHandle& r) { return r.use([](Reader& it) { return it.next(); }); })
        .def("skip", [](ReaderHandle& r) { return r.use([](Reader& it) { return it.skip(); }); })
        .def("close", &ReaderHandle::close)
        .def("__iter__", [](nb::handle self) { return nb::borrow(self); })
        .def("__next__",
             [](ReaderHandle& r) {
                 auto frame = r.use([](Reader& it) { return it.next(); });
                 if (!frame) {
                     throw nb::stop_iteration();
                 }
                 return std::move(*frame);
             })
        .def("__enter__", [](nb::handle self) { return nb::borrow(self); })
        .def("__exit__", [](ReaderHandle& r, nb::args /*exception*/) { r.close(); });
}

WriteOptions write_options(const StreamFormat& format, const Reader* source) {
    WriteOptions options;
    options.frame_rate = format.rate;
    options.width = format.width;
    options.height = format.height;
    options.channels = format.channels;
    options.color = format.color;
    if (source != nullptr) {
        options.bits = source->info().bits;
        options.sample_aspect = source->info().sample_aspect;
    }
    return options;
}

void make_writer(WriterHandle* made, const std::filesystem::path& path, const StreamFormat& format,
                 ReaderHandle* source, const std::string& codec, std::optional<int> crf,
                 std::optional<int> bits, const std::string& pixel_format, bool overwrite,
                 bool audio, bool subtitles, bool drop_streams,
                 const std::map<std::string, std::string>& metadata, LogFunction log) {
    WriterHandle handle;
    if (source != nullptr) {
        const nb::gil_scoped_release released;
        handle.source = source->guarded()->share();
        source->guarded()->use([](Reader& /*open*/) {}); // an error if it is closed
    }
    WriteOptions options = write_options(format, handle.source.get());
    options.codec = codec;
    options.crf = crf;
    options.bits = bits.value_or(options.bits);
    options.pixel_format = pixel_format;
    options.overwrite = overwrite;
    options.audio = audio;
    options.subtitles = subtitles;
    options.drop_streams = drop_streams;
    options.metadata.assign(metadata.begin(), metadata.end());
    options.log = log_to(std::move(log));
    const auto open = [&] {
        const nb::gil_scoped_release released;
        return std::make_shared<Writer>(path.string(), options, handle.source.get());
    };
    handle.writer = std::make_unique<Handle<Writer>>(open());
    new (made) WriterHandle(std::move(handle));
}

void finish(WriterHandle& w) {
    w.writer->use([](Writer& it) { it.finish(); });
}

/// Leaving the context finishes the file, or after an exception removes what was written.
void leave(WriterHandle& w, nb::handle exception, nb::handle /*value*/, nb::handle /*trace*/) {
    if (exception.is_none()) {
        finish(w);
    }
    w.writer->close();
}

void bind_writer(nb::module_& module) {
    nb::class_<WriterHandle>(module, "Writer",
                             "Encodes frames into a file, which has its final name only after "
                             "`finish`.")
        .def("__init__", make_writer, "path"_a, "format"_a, nb::kw_only(), "source"_a = nb::none(),
             "codec"_a = "", "crf"_a = nb::none(), "bits"_a = nb::none(), "pixel_format"_a = "",
             "overwrite"_a = false, "audio"_a = true, "subtitles"_a = true,
             "drop_streams"_a = false, "metadata"_a = std::map<std::string, std::string>(),
             "log"_a = nb::none())
        .def(
            "write",
            [](WriterHandle& w, const Frame& frame) {
                w.writer->use([&](Writer& it) { it.write(frame); });
            },
            "frame"_a)
        .def("finish", finish)
        .def("close", [](WriterHandle& w) { w.writer->close(); })
        .def_prop_ro(
            "frames",
            [](WriterHandle& w) { return w.writer->use([](Writer& it) { return it.frames(); }); })
        .def("__enter__", [](nb::handle self) { return nb::borrow(self); })
        .def("__exit__", leave, nb::arg().none(), nb::arg().none(), nb::arg().none());
}

} // namespace

void bind_media(nb::module_& module) {
    bind_info(module);
    bind_reader(module);
    bind_writer(module);
}

} // namespace oldfilm::bindings
