#include "c/guard.hpp"
#include "c/structs.hpp"

#include <memory>

using namespace oldfilm;
using namespace oldfilm::c;

int32_t oldfilm_pipeline_from_json(const char* json, const char* base_folder,
                                   oldfilm_pipeline** pipeline) {
    return guarded([&] {
        require(json, "json");
        require(pipeline, "pipeline");
        PipelineOptions options;
        options.base_folder = base_folder == nullptr ? "" : base_folder;
        *pipeline = std::make_unique<oldfilm_pipeline>(
                        oldfilm_pipeline{Pipeline::from_json(json, std::move(options))})
                        .release();
    });
}

int32_t oldfilm_pipeline_preset(const char* name, oldfilm_pipeline** pipeline) {
    return guarded([&] {
        require(name, "name");
        require(pipeline, "pipeline");
        *pipeline =
            std::make_unique<oldfilm_pipeline>(oldfilm_pipeline{Pipeline::preset(name)}).release();
    });
}

int32_t oldfilm_pipeline_to_json(const oldfilm_pipeline* pipeline, char** json) {
    return guarded([&] {
        require(pipeline, "pipeline");
        require(json, "json");
        *json = new_text(pipeline->pipeline.to_json());
    });
}

int32_t oldfilm_pipeline_plan(const oldfilm_pipeline* pipeline, const oldfilm_format* input,
                              char** json) {
    return guarded([&] {
        require(pipeline, "pipeline");
        require(input, "input");
        require(json, "json");
        *json = new_text(pipeline->pipeline.plan(format_of(*input)).to_json());
    });
}

void oldfilm_pipeline_free(oldfilm_pipeline* pipeline) {
    const std::unique_ptr<oldfilm_pipeline> owned(pipeline);
}
