#include "stage_slot.hpp"

#include "casts.hpp"
#include "python_stage.hpp"

#include <oldfilm/sdk/describe.hpp>

#include <array>
#include <mutex>
#include <utility>

namespace oldfilm::bindings {
namespace {

/// Which slot has which number. `create` of the plugin ABI is called without anything that says
/// which description it belongs to, since each class of C++ has functions of its own. Python makes
/// classes at run time; they take turns with as many functions as are compiled here.
class Slots {
  public:
    std::size_t add(StageSlot* slot) {
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            if (slots_[i] == nullptr) {
                slots_[i] = slot;
                return i;
            }
        }
        throw Error(Errc::out_of_memory,
                    "a process can have " + std::to_string(most_python_stages) +
                        " stages of Python at a time, and all are in use; delete pipelines, plans "
                        "and runs that are not needed any more");
    }
    void remove(std::size_t number) {
        const std::lock_guard lock(mutex_);
        slots_[number] = nullptr;
    }
    StageSlot& at(std::size_t number) {
        const std::lock_guard lock(mutex_);
        return *slots_[number];
    }

  private:
    std::mutex mutex_;
    std::array<StageSlot*, most_python_stages> slots_{};
};

Slots& slots() {
    static Slots all;
    return all;
}

using Functions = sdk::detail::Plugin<PythonStage>;
using Create = decltype(oldfilm_plugin_description::create);

template <std::size_t number>
int create(const oldfilm_host* host, oldfilm_stage** out) {
    return sdk::detail::guarded(host, [&] {
        StageSlot& slot = slots().at(number);
        auto made = std::make_unique<sdk::detail::Instance<PythonStage>>();
        made->host = host;
        made->plugin = slot.description();
        made->stage = std::make_unique<PythonStage>(sdk::Host(host), slot.about(), slot.stage());
        *out = reinterpret_cast<oldfilm_stage*>(made.release());
    });
}

template <std::size_t... numbers>
constexpr std::array<Create, sizeof...(numbers)>
all_of(std::index_sequence<numbers...> /*numbers*/) {
    return {create<numbers>...};
}

constexpr auto creates = all_of(std::make_index_sequence<most_python_stages>());

} // namespace

struct StageSlot::Description {
    explicit Description(sdk::About about) : table(std::move(about)) {}
    sdk::detail::Description table;
};

std::shared_ptr<StageSlot> StageSlot::of(nb::handle stage) {
    return std::shared_ptr<StageSlot>(new StageSlot(stage));
}

StageSlot::StageSlot(nb::handle stage)
    : stage_(reference_to(stage)),
      description_(std::make_unique<Description>(bindings::about(stage))),
      number_(slots().add(this)) {
    oldfilm_plugin_description& c = description_->table.c();
    c.create = creates[number_];
    c.configure = Functions::configure;
    c.process = Functions::process;
    c.reset = Functions::reset;
    c.destroy = Functions::destroy;
    c.get_extension = sdk::detail::extension<PythonStage>;
}

StageSlot::~StageSlot() {
    slots().remove(number_);
}

const oldfilm_plugin_description* StageSlot::description() const {
    return &description_->table.c();
}

const sdk::About& StageSlot::about() const {
    return description_->table.about();
}

} // namespace oldfilm::bindings
