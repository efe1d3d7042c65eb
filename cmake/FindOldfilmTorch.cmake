# Finds LibTorch without asking for a CUDA toolkit, as LibTorch's own package would.
#
# Looked for, in this order:
#   1. OLDFILM_TORCH        (cache or environment) an unpacked LibTorch, or a site-packages/torch
#   2. Torch_DIR            (cache or environment) .../share/cmake/Torch of any LibTorch
#   3. build/env            the virtual environment that ./setup.sh makes
#   4. CMAKE_PREFIX_PATH and the system's own folders
#
# Gives:
#   oldfilm_torch::c10, oldfilm_torch::torch_cpu   imported shared libraries
#   OLDFILM_TORCH_ROOT          the folder that holds include/ and lib/
#   OLDFILM_TORCH_VERSION       such as 2.11.0
#   OLDFILM_TORCH_RUNTIME_TAG   such as "2.11+cxx11": LibTorch's major.minor and C++ library ABI
#   OLDFILM_TORCH_LIBRARY_DIRS  what a run-time path must hold
#   OLDFILM_TORCH_CUDA          whether libtorch_cuda.so lies beside libtorch_cpu.so

set(OLDFILM_TORCH "" CACHE PATH "An unpacked LibTorch, or the torch folder of a Python environment")

# The folder three above share/cmake/Torch (or two above lib/cmake, as distributions have it).
function(_oldfilm_torch_root_of_config dir out)
    set(root "${dir}")
    foreach(_ RANGE 4)
        get_filename_component(root "${root}" DIRECTORY)
        if(EXISTS "${root}/include/ATen/ATen.h")
            break()
        endif()
    endforeach()
    set(${out} "${root}" PARENT_SCOPE)
endfunction()

function(_oldfilm_torch_candidates out)
    set(found "")
    foreach(named IN ITEMS "${OLDFILM_TORCH}" "$ENV{OLDFILM_TORCH}")
        if(named)
            list(APPEND found "${named}" "${named}/torch" "${named}/libtorch")
        endif()
    endforeach()
    foreach(config IN ITEMS "${Torch_DIR}" "$ENV{Torch_DIR}")
        if(config)
            _oldfilm_torch_root_of_config("${config}" root)
            list(APPEND found "${config}" "${root}")
        endif()
    endforeach()
    foreach(base IN ITEMS "${CMAKE_CURRENT_LIST_DIR}/.." "${PROJECT_SOURCE_DIR}")
        file(GLOB wheels "${base}/build/env/lib/python3*/site-packages/torch")
        list(APPEND found ${wheels})
    endforeach()
    set(${out} "${found}" PARENT_SCOPE)
endfunction()

# A folder is LibTorch if both its headers and its CPU half are there; what is named must be right.
function(_oldfilm_torch_choose out)
    _oldfilm_torch_candidates(candidates)
    foreach(root IN LISTS candidates)
        file(GLOB library "${root}/lib*/libtorch_cpu.so" "${root}/lib/*/libtorch_cpu.so")
        if(library AND EXISTS "${root}/include/ATen/ATen.h")
            get_filename_component(root "${root}" REALPATH)
            set(${out} "${root}" PARENT_SCOPE)
            return()
        endif()
        if(OLDFILM_TORCH AND root STREQUAL "${OLDFILM_TORCH}/libtorch")
            set(${out} "" PARENT_SCOPE) # A wrong name must not quietly become another LibTorch.
            return()
        endif()
    endforeach()
    find_path(include ATen/ATen.h NO_CACHE)
    if(include)
        get_filename_component(root "${include}" DIRECTORY)
        set(${out} "${root}" PARENT_SCOPE)
    else()
        set(${out} "" PARENT_SCOPE)
    endif()
endfunction()

# LibTorch 2.9 moved the numbers to headeronly/version.h; the older place is read as well.
function(_oldfilm_torch_version include out)
    set(version "")
    foreach(header IN ITEMS torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
        if(NOT EXISTS "${include}/${header}")
            continue()
        endif()
        set(version "")
        foreach(part IN ITEMS MAJOR MINOR PATCH)
            file(STRINGS "${include}/${header}" line REGEX "define TORCH_VERSION_${part} +[0-9]+")
            if(line MATCHES "([0-9]+) *$")
                list(APPEND version "${CMAKE_MATCH_1}")
            endif()
        endforeach()
        list(LENGTH version parts)
        if(parts EQUAL 3)
            break()
        endif()
    endforeach()
    list(JOIN version "." version)
    set(${out} "${version}" PARENT_SCOPE)
endfunction()

# Wheels before 2.6 were built with the C++ library's old strings; their symbols never say __cxx11.
function(_oldfilm_torch_cxx11 library out)
    file(STRINGS "${library}" hit LIMIT_COUNT 1 REGEX "__cxx1112basic_string")
    if(hit)
        set(${out} TRUE PARENT_SCOPE)
    else()
        set(${out} FALSE PARENT_SCOPE)
    endif()
endfunction()

function(_oldfilm_torch_target name library)
    if(TARGET oldfilm_torch::${name})
        return()
    endif()
    add_library(oldfilm_torch::${name} SHARED IMPORTED GLOBAL)
    set_target_properties(oldfilm_torch::${name} PROPERTIES
        IMPORTED_LOCATION "${library}"
        # Imported targets' include folders are SYSTEM: their warnings are not ours.
        INTERFACE_INCLUDE_DIRECTORIES "${_oldfilm_torch_includes}")
    # The wheel's CPU half needs two small CUDA libraries that lie beside it; the linker checks.
    foreach(dir IN LISTS OLDFILM_TORCH_LIBRARY_DIRS)
        target_link_options(oldfilm_torch::${name} INTERFACE "LINKER:-rpath-link,${dir}")
    endforeach()
    if(NOT _oldfilm_torch_is_cxx11)
        target_compile_definitions(oldfilm_torch::${name} INTERFACE _GLIBCXX_USE_CXX11_ABI=0)
    endif()
endfunction()

_oldfilm_torch_choose(OLDFILM_TORCH_ROOT)
if(OLDFILM_TORCH_ROOT)
    foreach(name IN ITEMS c10 torch_cpu)
        find_library(_oldfilm_torch_${name} ${name} NO_CACHE NO_DEFAULT_PATH
            PATHS "${OLDFILM_TORCH_ROOT}"
            PATH_SUFFIXES lib lib64 "lib/${CMAKE_LIBRARY_ARCHITECTURE}")
    endforeach()
    _oldfilm_torch_version("${OLDFILM_TORCH_ROOT}/include" OLDFILM_TORCH_VERSION)
endif()

set(_oldfilm_torch_hint "LibTorch was looked for in OLDFILM_TORCH ('${OLDFILM_TORCH}'), Torch_DIR \
('${Torch_DIR}'), build/env and the system, and no folder held both include/ATen/ATen.h and \
lib/libtorch_cpu.so. Run ./setup.sh build once, or configure with \
-DOLDFILM_TORCH=/path/to/libtorch (an unpacked LibTorch, or site-packages/torch).")

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OldfilmTorch
    REQUIRED_VARS _oldfilm_torch_torch_cpu _oldfilm_torch_c10 OLDFILM_TORCH_VERSION
    VERSION_VAR OLDFILM_TORCH_VERSION
    REASON_FAILURE_MESSAGE "${_oldfilm_torch_hint}")

if(OldfilmTorch_FOUND)
    set(_oldfilm_torch_includes "${OLDFILM_TORCH_ROOT}/include")
    if(EXISTS "${OLDFILM_TORCH_ROOT}/include/torch/csrc/api/include")
        list(APPEND _oldfilm_torch_includes "${OLDFILM_TORCH_ROOT}/include/torch/csrc/api/include")
    endif()

    get_filename_component(_oldfilm_torch_lib "${_oldfilm_torch_torch_cpu}" DIRECTORY)
    file(GLOB _oldfilm_torch_nvidia "${OLDFILM_TORCH_ROOT}/../nvidia/cu[0-9]*/lib"
        "${OLDFILM_TORCH_ROOT}/../nvidia/cuda_*/lib")
    set(OLDFILM_TORCH_LIBRARY_DIRS "${_oldfilm_torch_lib}")
    foreach(dir IN LISTS _oldfilm_torch_nvidia)
        get_filename_component(dir "${dir}" REALPATH)
        list(APPEND OLDFILM_TORCH_LIBRARY_DIRS "${dir}")
    endforeach()

    _oldfilm_torch_cxx11("${_oldfilm_torch_c10}" _oldfilm_torch_is_cxx11)
    string(REGEX MATCH "^[0-9]+\\.[0-9]+" OLDFILM_TORCH_RUNTIME_TAG "${OLDFILM_TORCH_VERSION}")
    if(_oldfilm_torch_is_cxx11)
        string(APPEND OLDFILM_TORCH_RUNTIME_TAG "+cxx11")
    else()
        string(APPEND OLDFILM_TORCH_RUNTIME_TAG "+cxx03")
    endif()

    set(OLDFILM_TORCH_CUDA FALSE)
    if(EXISTS "${_oldfilm_torch_lib}/libtorch_cuda.so")
        set(OLDFILM_TORCH_CUDA TRUE)
    endif()

    _oldfilm_torch_target(c10 "${_oldfilm_torch_c10}")
    _oldfilm_torch_target(torch_cpu "${_oldfilm_torch_torch_cpu}")
    set_property(TARGET oldfilm_torch::torch_cpu PROPERTY
        INTERFACE_LINK_LIBRARIES oldfilm_torch::c10)
endif()
