# Install rules and the CMake package. Everything of ours finds everything else relative to itself,
# so that an installed tree can be moved; LibTorch stays where it is.
include(CMakePackageConfigHelpers)
include(OldfilmOpenCV)

set(oldfilm_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/oldfilm)
file(RELATIVE_PATH oldfilm_bin_to_lib /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})

set(oldfilm_installed oldfilm_base oldfilm_core)
if(TARGET oldfilm_media)
  list(APPEND oldfilm_installed oldfilm_media)
endif()
foreach(target IN LISTS oldfilm_installed)
  set_target_properties(${target} PROPERTIES INSTALL_RPATH "\$ORIGIN;${OLDFILM_TORCH_LIBRARY_DIRS}")
endforeach()
set_target_properties(oldfilm_base PROPERTIES INSTALL_RPATH "\$ORIGIN")
set_target_properties(oldfilm_describe PROPERTIES INSTALL_RPATH "\$ORIGIN/${oldfilm_bin_to_lib}")

install(TARGETS ${oldfilm_installed} oldfilm_sdk oldfilm_describe
  EXPORT oldfilmTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(EXPORT oldfilmTargets NAMESPACE oldfilm:: DESTINATION ${oldfilm_package_dir})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/oldfilm DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/oldfilmConfig.cmake.in
  ${PROJECT_BINARY_DIR}/package/oldfilmConfig.cmake INSTALL_DESTINATION ${oldfilm_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/oldfilmConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/package/oldfilmConfig.cmake
  ${PROJECT_BINARY_DIR}/package/oldfilmConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/FindOldfilmTorch.cmake
  ${CMAKE_CURRENT_LIST_DIR}/OldfilmAddStage.cmake
  ${CMAKE_CURRENT_LIST_DIR}/OldfilmOpenCV.cmake
  DESTINATION ${oldfilm_package_dir})
