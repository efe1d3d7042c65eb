/* A helper library that a plugin links statically. */
float gained(float value, float gain);
float gained(float value, float gain) {
    return value * gain;
}
