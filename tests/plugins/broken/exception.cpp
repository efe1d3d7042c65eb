// The one thing that C cannot do.
#include <stdexcept>

extern "C" void throw_something();
void throw_something() {
    throw std::runtime_error("an exception that nobody caught");
}
