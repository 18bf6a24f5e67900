# everdial_proto(TARGET name...)
#   Adds the C++ of proto/NAME.proto (and of its gRPC service, when it has one) to TARGET, reached as "proto/NAME.pb.h".
find_program(PROTOC protoc REQUIRED)
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)

function(everdial_proto target)
  set(generated ${CMAKE_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${generated})
  foreach(name ${ARGN})
    set(proto ${CMAKE_SOURCE_DIR}/proto/${name}.proto)
    set(outputs ${generated}/proto/${name}.pb.cc ${generated}/proto/${name}.pb.h)
    set(arguments --cpp_out=${generated})
    file(STRINGS ${proto} services REGEX "^service ")
    if(services)
      list(APPEND outputs ${generated}/proto/${name}.grpc.pb.cc ${generated}/proto/${name}.grpc.pb.h)
      list(APPEND arguments --grpc_out=${generated} --plugin=protoc-gen-grpc=${GRPC_CPP_PLUGIN})
    endif()
    add_custom_command(
      OUTPUT ${outputs}
      COMMAND ${PROTOC} -I${CMAKE_SOURCE_DIR} ${arguments} ${proto}
      DEPENDS ${proto})
    set_source_files_properties(${outputs} PROPERTIES COMPILE_OPTIONS -w SKIP_PRECOMPILE_HEADERS ON)
    target_sources(${target} PRIVATE ${outputs})
  endforeach()
  target_include_directories(${target} SYSTEM PUBLIC ${generated})
endfunction()
