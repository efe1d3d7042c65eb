#pragma once
/// \file
/// The C++ wrapper of <oldfilm/plugin.h> for authors of stages: header-only, without dependencies
/// on libraries (no LibTorch). Derive from `sdk::Stage`, describe the class with `sdk::describe`,
/// and export it with `OLDFILM_PLUGINS`.
///
/// A stage may throw anything (`sdk::Failure` for a plain message). The SDK turns exceptions into a
/// status and a call of `host->fail`; none cross the boundary.

#include <oldfilm/plugin.h>

#include <cstring>
#include <deque>
#include <exception>
#include <initializer_list>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The LibTorch that this is built with. oldfilm_add_stage(... TORCH) and oldfilm::core define
// OLDFILM_RUNTIME_TAG; pkg-config defines OLDFILM_RUNTIME, without quotes that a shell would
// remove.
#ifndef OLDFILM_RUNTIME_TAG
#ifdef OLDFILM_RUNTIME
#define OLDFILM_QUOTED_(tag) #tag
#define OLDFILM_QUOTED(tag) OLDFILM_QUOTED_(tag)
#define OLDFILM_RUNTIME_TAG OLDFILM_QUOTED(OLDFILM_RUNTIME)
#else
#define OLDFILM_RUNTIME_TAG ""
#endif
#endif

namespace oldfilm::sdk {

/// A message for the user: what was expected, what was found, what to do next. `status` is what the
/// C function returns, such as OLDFILM_INVALID.
struct Failure : std::runtime_error {
    explicit Failure(const std::string& sentence, int code = OLDFILM_FAILED)
        : std::runtime_error(sentence), status(code) {}
    int status;
};

/// An owned tensor, released by the destructor (move-only), or one that the host lends.
class TensorRef {
  public:
    TensorRef() noexcept : tensor_{} {}
    /// Takes ownership of a given tensor.
    explicit TensorRef(const oldfilm_tensor& given) noexcept : tensor_(given) {}
    TensorRef(TensorRef&& other) noexcept : tensor_(std::exchange(other.tensor_, {})) {}
    TensorRef& operator=(TensorRef&& other) noexcept {
        std::swap(tensor_, other.tensor_);
        return *this;
    }
    ~TensorRef() {
        if (tensor_.release != nullptr) {
            tensor_.release(tensor_.owner, tensor_.stream);
        }
    }
    [[nodiscard]] const oldfilm_tensor& get() const noexcept { return tensor_; }
    [[nodiscard]] const oldfilm_tensor* operator->() const noexcept { return &tensor_; }
    /// Transfers ownership to the caller; this object is then empty.
    [[nodiscard]] oldfilm_tensor release() noexcept { return std::exchange(tensor_, {}); }
    /// The first element as T; the tensor must be on the CPU.
    template <class T>
    [[nodiscard]] T* data() const noexcept {
        return static_cast<T*>(tensor_.data);
    }

  private:
    oldfilm_tensor tensor_;
};

/// A frame lent by the host; valid until the call returns.
class FrameView {
  public:
    explicit FrameView(const oldfilm_frame& frame) noexcept : frame_(&frame) {}
    [[nodiscard]] const oldfilm_frame& c() const noexcept { return *frame_; }
    [[nodiscard]] const oldfilm_tensor& picture() const noexcept { return *frame_->picture; }
    /// Null if no earlier stage made one.
    [[nodiscard]] const oldfilm_tensor* mask() const noexcept { return frame_->mask; }
    [[nodiscard]] int channels() const noexcept { return static_cast<int>(picture().shape[0]); }
    [[nodiscard]] std::int64_t height() const noexcept { return picture().shape[1]; }
    [[nodiscard]] std::int64_t width() const noexcept { return picture().shape[2]; }
    [[nodiscard]] std::int64_t index() const noexcept { return frame_->index; }
    [[nodiscard]] int shot() const noexcept { return frame_->shot; }

  private:
    const oldfilm_frame* frame_;
};

/// A requested output; see oldfilm_request. Valid until the call returns.
class Request {
  public:
    explicit Request(const oldfilm_request& request) noexcept : request_(&request) {}
    [[nodiscard]] std::int64_t index() const noexcept { return request_->index; }
    [[nodiscard]] std::size_t count() const noexcept { return request_->count; }
    /// Entry `i` of the window, starting at 0 (the earliest).
    [[nodiscard]] FrameView frame(std::size_t i) const noexcept {
        return FrameView(*request_->frames[i]);
    }
    [[nodiscard]] FrameView center() const noexcept { return frame(center_entry()); }
    /// Index of the center in the window.
    [[nodiscard]] std::size_t center_entry() const noexcept { return request_->center; }
    /// Rate changers: position between frame(0) and frame(1), in (0, 1).
    [[nodiscard]] double position() const noexcept { return request_->position; }
    /// The output is the center frame itself.
    void pass_through() const noexcept { request_->result->unchanged = 1; }
    /// Transfers ownership of the output to the host. See oldfilm_result for shapes.
    void set_output(TensorRef picture) const noexcept {
        request_->result->picture = picture.release();
    }
    void set_mask(TensorRef mask) const noexcept {
        request_->result->mask = mask.release();
        request_->result->has_mask = 1;
    }

  private:
    const oldfilm_request* request_;
};

/// A row of the parameter table. Create rows with `flag`, `integer`, `number`, `text`, `choice` and
/// `file`.
struct Parameter {
    std::string name;
    int type = OLDFILM_NUMBER;
    bool is_live = false;
    std::int64_t integer = 0;
    double real = 0;
    std::string initial_text;
    double minimum = 0, maximum = 0;
    std::vector<std::string> choices;
    std::string unit, help;
    friend bool operator==(const Parameter&, const Parameter&) = default;
    /// Marks the parameter as live: it may change during a run.
    [[nodiscard]] Parameter live() && {
        is_live = true;
        return std::move(*this);
    }
};

/// A Boolean.
inline Parameter flag(std::string name, bool initial, std::string help) {
    Parameter p;
    p.name = std::move(name);
    p.type = OLDFILM_BOOLEAN;
    p.integer = initial ? 1 : 0;
    p.maximum = 1;
    p.help = std::move(help);
    return p;
}
/// An integer from `minimum` to `maximum`, inclusive.
inline Parameter integer(std::string name, std::int64_t initial, std::int64_t minimum,
                         std::int64_t maximum, std::string help, std::string unit = "") {
    Parameter p;
    p.name = std::move(name);
    p.type = OLDFILM_INTEGER;
    p.integer = initial;
    p.minimum = static_cast<double>(minimum);
    p.maximum = static_cast<double>(maximum);
    p.help = std::move(help);
    p.unit = std::move(unit);
    return p;
}
/// A number from `minimum` to `maximum`, inclusive.
inline Parameter number(std::string name, double initial, double minimum, double maximum,
                        std::string help, std::string unit = "") {
    Parameter p;
    p.name = std::move(name);
    p.type = OLDFILM_NUMBER;
    p.real = initial;
    p.minimum = minimum;
    p.maximum = maximum;
    p.help = std::move(help);
    p.unit = std::move(unit);
    return p;
}
/// Any text.
inline Parameter text(std::string name, std::string initial, std::string help) {
    Parameter p;
    p.name = std::move(name);
    p.type = OLDFILM_TEXT;
    p.initial_text = std::move(initial);
    p.help = std::move(help);
    return p;
}
/// A path; empty for none.
inline Parameter file(std::string name, std::string initial, std::string help) {
    Parameter p = text(std::move(name), std::move(initial), std::move(help));
    p.type = OLDFILM_FILE;
    return p;
}
/// One of `choices`.
inline Parameter choice(std::string name, std::string initial, std::vector<std::string> choices,
                        std::string help) {
    Parameter p = text(std::move(name), std::move(initial), std::move(help));
    p.type = OLDFILM_CHOICE;
    p.choices = std::move(choices);
    return p;
}

/// Parameter values, checked by the host against the table. Valid until the call returns. The
/// accessors throw `Failure` for a name that is not in the table.
class Values {
  public:
    Values(const oldfilm_plugin_description& plugin, const oldfilm_value* values) noexcept
        : plugin_(&plugin), values_(values) {}
    [[nodiscard]] bool flag(std::string_view name) const { return at(name).integer != 0; }
    [[nodiscard]] std::int64_t integer(std::string_view name) const { return at(name).integer; }
    [[nodiscard]] double number(std::string_view name) const { return at(name).number; }
    [[nodiscard]] std::string text(std::string_view name) const { return at(name).text; }

  private:
    [[nodiscard]] const oldfilm_value& at(std::string_view name) const {
        for (std::uint32_t i = 0; i < plugin_->parameter_count; ++i) {
            if (name == plugin_->parameters[i]->name) {
                return values_[i];
            }
        }
        throw Failure("the stage asks for a parameter \"" + std::string(name) +
                      "\" that its table does not have; add it to the table");
    }
    const oldfilm_plugin_description* plugin_;
    const oldfilm_value* values_;
};

class Host;

/// A model package opened by the host for this stage. Copies share it; the last one closes it. It
/// must not outlive the stage.
class Model {
  public:
    Model() = default;
    /// `package`: relative to the folder of the plugin, absolute, or a name in the models folder of
    /// the user. Throws `Failure`.
    Model(const Host& host, const std::string& package, const std::string& task);
    explicit operator bool() const noexcept { return model_ != nullptr; }
    /// The manifest as JSON text.
    [[nodiscard]] std::string manifest() const { return service_->manifest(model_.get()); }
    /// `inputs` and outputs are in the order of the manifest, N x ... float32. The caller owns the
    /// outputs. Throws `Failure`.
    [[nodiscard]] std::vector<TensorRef> run(std::span<const oldfilm_tensor* const> inputs,
                                             std::size_t output_count) const;

  private:
    const oldfilm_host* host_ = nullptr;
    const oldfilm_models* service_ = nullptr;
    std::shared_ptr<oldfilm_model> model_;
};

/// The services of the host; see plugin.h for the threads on which they may be used. Cheap to copy;
/// valid as long as the stage.
class Host {
  public:
    explicit Host(const oldfilm_host* host) noexcept : host_(host) {}
    [[nodiscard]] const oldfilm_host* c() const noexcept { return host_; }
    /// Folder of the plugin library; empty for a stage that is part of the program.
    [[nodiscard]] std::string folder() const { return host_->folder; }
    /// Null if the host does not offer the service.
    template <class Service>
    [[nodiscard]] const Service* extension(const char* id) const noexcept {
        return static_cast<const Service*>(host_->get_extension(host_, id));
    }
    void log(int level, const std::string& line) const {
        if (const auto* service = extension<oldfilm_log>(OLDFILM_EXT_LOG)) {
            service->write(host_, level, line.c_str());
        }
    }
    void warn(const std::string& line) const { log(OLDFILM_LOG_WARNING, line); }
    [[nodiscard]] bool cancelled() const noexcept {
        const auto* service = extension<oldfilm_cancel>(OLDFILM_EXT_CANCEL);
        return service != nullptr && service->cancelled(host_) != 0;
    }
    /// An uninitialized contiguous tensor on the device of the stage.
    [[nodiscard]] TensorRef allocate(std::initializer_list<std::int64_t> shape,
                                     int dtype = OLDFILM_FLOAT32) const {
        oldfilm_tensor tensor{};
        const std::vector<std::int64_t> sizes(shape);
        check(require<oldfilm_tensors>(OLDFILM_EXT_TENSOR)
                  ->allocate(host_, dtype, static_cast<int>(sizes.size()), sizes.data(), &tensor));
        return TensorRef(tensor);
    }
    /// Optical flow between two pictures, 2 x H x W in pixels: to(p + flow(p)) matches from(p).
    [[nodiscard]] TensorRef flow(const FrameView& from, const FrameView& to) const {
        oldfilm_tensor tensor{};
        check(require<oldfilm_flows>(OLDFILM_EXT_FLOW)
                  ->flow(host_, &from.picture(), &to.picture(), &tensor));
        return TensorRef(tensor);
    }
    /// Flow at full instead of half resolution, for output that shows warped pictures directly.
    /// About three times slower. Falls back to `flow` on older hosts.
    [[nodiscard]] TensorRef fine_flow(const FrameView& from, const FrameView& to) const {
        const auto* service = require<oldfilm_flows>(OLDFILM_EXT_FLOW);
        if (service->size < sizeof(oldfilm_flows)) {
            return flow(from, to);
        }
        oldfilm_tensor tensor{};
        check(service->fine_flow(host_, &from.picture(), &to.picture(), &tensor));
        return TensorRef(tensor);
    }
    /// Throws `Failure` if the host does not offer the service.
    template <class Service>
    [[nodiscard]] const Service* require(const char* id) const {
        const auto* service = extension<Service>(id);
        if (service == nullptr) {
            throw Failure(std::string("the stage needs the host's service ") + id +
                          ", which this build of oldfilm does not offer; use a full build");
        }
        return service;
    }
    /// Throws the failure of a service, which has already reported the reason.
    static void check(int status) {
        if (status != OLDFILM_OK) {
            throw Failure("", status);
        }
    }

  private:
    const oldfilm_host* host_;
};

inline Model::Model(const Host& host, const std::string& package, const std::string& task)
    : host_(host.c()), service_(host.require<oldfilm_models>(OLDFILM_EXT_MODEL)) {
    oldfilm_model* opened = nullptr;
    Host::check(service_->open(host_, package.c_str(), task.c_str(), &opened));
    model_.reset(opened,
                 [host = host_, service = service_](oldfilm_model* m) { service->close(host, m); });
}

inline std::vector<TensorRef> Model::run(std::span<const oldfilm_tensor* const> inputs,
                                         std::size_t output_count) const {
    std::vector<oldfilm_tensor> outputs(output_count, oldfilm_tensor{});
    Host::check(service_->run(host_, model_.get(), inputs.data(),
                              static_cast<std::uint32_t>(inputs.size()), outputs.data(),
                              static_cast<std::uint32_t>(output_count)));
    std::vector<TensorRef> result;
    result.reserve(output_count);
    for (const oldfilm_tensor& tensor : outputs) {
        result.emplace_back(tensor);
    }
    return result;
}

/// Format of the input, and properties of the output; see the C structs.
using Format = oldfilm_format;
using Config = oldfilm_config;

/// Base class of all stages. Order of calls: `configure`, then for each shot `reset`, `analyze`
/// (any number of times), `finish_analysis`, and `process`: all on the worker thread, one at a
/// time. The constructor and the destructor may run on any thread.
class Stage {
  public:
    explicit Stage(const Host& host) : host_(host) {}
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;
    virtual ~Stage() = default;

    /// `config` is initialized to the format of the input, no window and a batch of 1.
    virtual void configure(const Format& input, const Values& values, Config& config) = 0;
    /// Live parameters have changed.
    virtual void change(const Values& /*values*/) {}
    /// Receives the first frames of the next shot, up to `config.analysis_frames`.
    virtual void analyze(const FrameView& /*frame*/) {}
    /// Called after the last of them. Returns the findings as JSON.
    virtual std::string finish_analysis() { return "null"; }
    /// Called instead of both in a run that resumes, with the findings of the earlier run.
    virtual void restore_analysis(std::string_view /*json*/) {}
    /// Produces one output.
    virtual void process(const Request& request) = 0;
    /// Produces several outputs. Override it if a batch is faster than single calls.
    virtual void process_batch(std::span<const Request> requests) {
        for (const Request& request : requests) {
            process(request);
        }
    }
    /// Called at the start of each shot: discard all state of the previous one.
    virtual void reset() {}

    [[nodiscard]] const Host& host() const noexcept { return host_; }

  private:
    Host host_;
};

/// Description of a stage class, for `describe`. `threading` is a threading class of plugin.h.
struct About {
    std::string id, name, version, summary;
    std::vector<Parameter> parameters;
    int threading = OLDFILM_PER_STAGE;
    friend bool operator==(const About&, const About&) = default;
};

namespace detail {

/// The C structs of a plugin, and the strings that they point to.
class Description {
  public:
    explicit Description(About about) : about_(std::move(about)) {
        for (const Parameter& p : about_.parameters) {
            auto& names = choices_.emplace_back();
            for (const std::string& choice : p.choices) {
                names.push_back(choice.c_str());
            }
            names.push_back(nullptr);
            oldfilm_parameter row{};
            row.size = sizeof(row);
            row.name = p.name.c_str();
            row.type = p.type;
            row.flags = p.is_live ? static_cast<std::uint32_t>(OLDFILM_LIVE) : 0U;
            row.initial = {p.integer, p.real, p.initial_text.c_str()};
            row.minimum = p.minimum;
            row.maximum = p.maximum;
            row.choices = p.type == OLDFILM_CHOICE ? names.data() : nullptr;
            row.unit = p.unit.c_str();
            row.help = p.help.c_str();
            rows_.push_back(row);
        }
        for (const oldfilm_parameter& row : rows_) {
            pointers_.push_back(&row);
        }
        c_.size = sizeof(c_);
        c_.abi_major = OLDFILM_ABI_MAJOR;
        c_.abi_minor = OLDFILM_ABI_MINOR;
        c_.id = about_.id.c_str();
        c_.name = about_.name.c_str();
        c_.version = about_.version.c_str();
        c_.summary = about_.summary.c_str();
        c_.runtime = OLDFILM_RUNTIME_TAG;
        c_.threading = about_.threading;
        c_.parameter_count = static_cast<std::uint32_t>(pointers_.size());
        c_.parameters = pointers_.data();
    }
    Description(const Description&) = delete;
    Description& operator=(const Description&) = delete;
    ~Description() = default;

    [[nodiscard]] const About& about() const noexcept { return about_; }
    [[nodiscard]] oldfilm_plugin_description& c() noexcept { return c_; }

  private:
    About about_;
    std::deque<std::vector<const char*>> choices_;
    std::deque<oldfilm_parameter> rows_;
    std::vector<const oldfilm_parameter*> pointers_;
    oldfilm_plugin_description c_{};
};

/// The target of an `oldfilm_stage*` of this SDK.
struct Instance {
    const oldfilm_host* host;
    const oldfilm_plugin_description* plugin;
    std::unique_ptr<Stage> stage;
    std::string found; ///< findings of the last analysis
};

inline Instance& instance(oldfilm_stage* stage) noexcept {
    return *reinterpret_cast<Instance*>(stage);
}

/// Calls `work`, and turns an exception into a status and a message.
template <class Work>
int guarded(const oldfilm_host* host, Work&& work) noexcept {
    try {
        work();
        return OLDFILM_OK;
    } catch (const Failure& failure) {
        if (*failure.what() != '\0') {
            host->fail(host, failure.what());
        }
        return failure.status;
    } catch (const std::bad_alloc&) {
        host->fail(host, "the stage ran out of memory; use a smaller frame or give it more");
        return OLDFILM_OUT_OF_MEMORY;
    } catch (const std::exception& error) {
        host->fail(host, error.what());
        return OLDFILM_FAILED;
    } catch (...) {
        host->fail(host, "the stage threw something that is no std::exception");
        return OLDFILM_FAILED;
    }
}

/// Static storage for the description of a class: the functions of the C table find it by type.
template <class S>
struct Plugin {
    static inline const oldfilm_plugin_description* table = nullptr; ///< set before any `create`

    static int create(const oldfilm_host* host, oldfilm_stage** out) {
        return guarded(host, [&] {
            auto made = std::make_unique<Instance>();
            made->host = host;
            made->plugin = table;
            made->stage = std::make_unique<S>(Host(host));
            *out = reinterpret_cast<oldfilm_stage*>(made.release());
        });
    }
    static int configure(oldfilm_stage* self, const oldfilm_format* input,
                         const oldfilm_value* values, oldfilm_config* config) {
        Instance& it = instance(self);
        return guarded(it.host,
                       [&] { it.stage->configure(*input, Values(*it.plugin, values), *config); });
    }
    static int change(oldfilm_stage* self, const oldfilm_value* values) {
        Instance& it = instance(self);
        return guarded(it.host, [&] { it.stage->change(Values(*it.plugin, values)); });
    }
    static int analyze(oldfilm_stage* self, const oldfilm_frame* frame) {
        Instance& it = instance(self);
        return guarded(it.host, [&] { it.stage->analyze(FrameView(*frame)); });
    }
    static int finish_analysis(oldfilm_stage* self, const char** json) {
        Instance& it = instance(self);
        return guarded(it.host, [&] {
            it.found = it.stage->finish_analysis();
            *json = it.found.c_str();
        });
    }
    static int restore_analysis(oldfilm_stage* self, const char* json) {
        Instance& it = instance(self);
        return guarded(it.host, [&] { it.stage->restore_analysis(json); });
    }
    static int process(oldfilm_stage* self, const oldfilm_request* const* requests,
                       std::uint32_t count) {
        Instance& it = instance(self);
        return guarded(it.host, [&] {
            std::vector<Request> views;
            views.reserve(count);
            for (std::uint32_t i = 0; i < count; ++i) {
                views.emplace_back(*requests[i]);
            }
            it.stage->process_batch(views);
        });
    }
    static void reset(oldfilm_stage* self) {
        Instance& it = instance(self);
        guarded(it.host, [&] { it.stage->reset(); });
    }
    static void destroy(oldfilm_stage* self) {
        const std::unique_ptr<Instance> owned(&instance(self));
    }
};

} // namespace detail

/// Describes the stage class S (constructible from `const Host&`). The description is made once per
/// class, and is valid until the process ends. Throws `Failure` if a later call passes a different
/// `about`. Thread-safe.
template <class S>
const oldfilm_plugin_description* describe(const About& about) {
    using P = detail::Plugin<S>;
    static detail::Description description(about);
    static const oldfilm_plugin_description* const table = [] {
        oldfilm_plugin_description& c = description.c();
        c.create = P::create;
        c.configure = P::configure;
        c.change = P::change;
        c.analyze = P::analyze;
        c.finish_analysis = P::finish_analysis;
        c.restore_analysis = P::restore_analysis;
        c.process = P::process;
        c.reset = P::reset;
        c.destroy = P::destroy;
        return P::table = &c;
    }();
    if (!(description.about() == about)) {
        throw Failure("the stage's class of " + description.about().id +
                      " is described already, and otherwise; use one class for each description");
    }
    return table;
}

} // namespace oldfilm::sdk

/// Exports the plugins of a library, each the result of `oldfilm::sdk::describe`. Use it once per
/// library.
#define OLDFILM_PLUGINS(...)                                                                       \
    extern "C" const oldfilm_plugin_description* oldfilm_plugin(uint32_t index) {                  \
        try {                                                                                      \
            static const std::vector<const oldfilm_plugin_description*> plugins{__VA_ARGS__};      \
            return index < plugins.size() ? plugins[index] : nullptr;                              \
        } catch (...) {                                                                            \
            return nullptr;                                                                        \
        }                                                                                          \
    }
