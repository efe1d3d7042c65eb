# oldfilm_fmt: the system's fmt, its compiled library. LibTorch's wheel carries headers of another fmt, which its
# include folder would put in front; a folder with nothing but fmt's headers goes before it.
find_package(fmt REQUIRED)
get_target_property(fmt_include fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
set(fmt_first ${PROJECT_BINARY_DIR}/fmt)
file(MAKE_DIRECTORY ${fmt_first})
file(CREATE_LINK ${fmt_include}/fmt ${fmt_first}/fmt SYMBOLIC)
add_library(oldfilm_fmt INTERFACE)
target_link_libraries(oldfilm_fmt INTERFACE fmt::fmt)
target_include_directories(oldfilm_fmt INTERFACE $<BUILD_INTERFACE:${fmt_first}>)
