# Install rules, the CMake package and the pkg-config files. Everything of ours finds everything else
# relative to itself, so that an installed tree can be moved; LibTorch stays where it is, unless
# OLDFILM_BUNDLE_TORCH takes the CPU half along.
#
# Components, which are the Debian packages too: runtime, dev, plugins, cli.
include(CMakePackageConfigHelpers)

set(oldfilm_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/oldfilm)
set(oldfilm_private_torch oldfilm/torch) # below the library folder
file(RELATIVE_PATH oldfilm_bin_to_lib /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})
if(OLDFILM_BUNDLE_TORCH)
  include(OldfilmTorchBundle)
  set(oldfilm_torch_run_path "\$ORIGIN/${oldfilm_private_torch}/lib")
  set(oldfilm_built_with_torch "")
else()
  set(oldfilm_torch_run_path "${OLDFILM_TORCH_LIBRARY_DIRS}")
  set(oldfilm_built_with_torch "${OLDFILM_TORCH_ROOT}")
endif()

# One export set a component: who asks for the SDK alone needs no LibTorch.
function(oldfilm_install_library name export run_path)
  set_target_properties(oldfilm_${name} PROPERTIES INSTALL_RPATH "${run_path}")
  install(TARGETS oldfilm_${name} EXPORT ${export}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT dev)
endfunction()
oldfilm_install_library(base oldfilmTargets "\$ORIGIN")
oldfilm_install_library(core oldfilmCoreTargets "\$ORIGIN;${oldfilm_torch_run_path}")
oldfilm_install_library(check oldfilmCoreTargets "\$ORIGIN;${oldfilm_torch_run_path}")
set(oldfilm_exports oldfilmTargets oldfilmCoreTargets)
if(TARGET oldfilm_media)
  oldfilm_install_library(media oldfilmMediaTargets "\$ORIGIN;${oldfilm_torch_run_path}")
  oldfilm_install_library(c oldfilmTargets "\$ORIGIN;${oldfilm_torch_run_path}")
  oldfilm_install_library(speech oldfilmMediaTargets "\$ORIGIN;${oldfilm_torch_run_path}")
  list(APPEND oldfilm_exports oldfilmMediaTargets)
endif()
if(TARGET oldfilm_cuda) # looked for beside oldfilm::core
  set_target_properties(oldfilm_cuda PROPERTIES INSTALL_RPATH "${oldfilm_torch_run_path}")
  install(TARGETS oldfilm_cuda LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime)
endif()
set_target_properties(oldfilm_describe PROPERTIES INSTALL_RPATH "\$ORIGIN/${oldfilm_bin_to_lib}")
install(TARGETS oldfilm_sdk oldfilm_describe EXPORT oldfilmTargets
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT dev)
foreach(export IN LISTS oldfilm_exports)
  install(EXPORT ${export} NAMESPACE oldfilm:: DESTINATION ${oldfilm_package_dir} COMPONENT dev)
endforeach()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/oldfilm DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)

set(oldfilm_has_media FALSE)
if(TARGET oldfilm_media)
  set(oldfilm_has_media TRUE)
endif()
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/oldfilmConfig.cmake.in
  ${PROJECT_BINARY_DIR}/package/oldfilmConfig.cmake INSTALL_DESTINATION ${oldfilm_package_dir}
  PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_BINDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/oldfilmConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/package/oldfilmConfig.cmake
  ${PROJECT_BINARY_DIR}/package/oldfilmConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/FindOldfilmTorch.cmake
  ${CMAKE_CURRENT_LIST_DIR}/OldfilmAddStage.cmake
  ${CMAKE_CURRENT_LIST_DIR}/OldfilmOpenCV.cmake
  DESTINATION ${oldfilm_package_dir} COMPONENT dev)

# pkg-config, for those who build without CMake.
set(oldfilm_pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH oldfilm_pc_prefix /${oldfilm_pc_dir} /)
string(REGEX REPLACE "/$" "" oldfilm_pc_prefix "${oldfilm_pc_prefix}")
if(OLDFILM_BUNDLE_TORCH)
  set(oldfilm_pc_torch "\${libdir}/${oldfilm_private_torch}")
  set(oldfilm_pc_torch_dirs "\${torch}/lib")
else()
  set(oldfilm_pc_torch "${OLDFILM_TORCH_ROOT}")
  set(oldfilm_pc_torch_dirs "${OLDFILM_TORCH_LIBRARY_DIRS}")
endif()
list(TRANSFORM oldfilm_pc_torch_dirs PREPEND "-Wl,-rpath," OUTPUT_VARIABLE oldfilm_pc_run_paths)
list(JOIN oldfilm_pc_run_paths " " oldfilm_pc_run_paths)
list(GET oldfilm_pc_torch_dirs 0 oldfilm_pc_torch_lib)
set(oldfilm_pkgconfigs sdk core)
if(TARGET oldfilm_media)
  list(APPEND oldfilm_pkgconfigs media c)
endif()
foreach(name IN LISTS oldfilm_pkgconfigs)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/pkgconfig/oldfilm-${name}.pc.in
    ${PROJECT_BINARY_DIR}/package/oldfilm-${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/package/oldfilm-${name}.pc DESTINATION ${oldfilm_pc_dir} COMPONENT dev)
endforeach()
