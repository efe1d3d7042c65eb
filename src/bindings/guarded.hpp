#pragma once
/// \file
/// Objects that Python holds, on whatever threads it uses them.

#include <oldfilm/error.hpp>

#include <nanobind/nanobind.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace oldfilm::bindings {

/// An object that is used by one thread at a time, until it is closed. Thread-safe.
template <class T>
class Guarded {
  public:
    explicit Guarded(std::shared_ptr<T> value) : value_(std::move(value)) {}

    /// `work(object)`. Throws `Error` (invalid_argument) after `close`. Don't hold the GIL: another
    /// thread may need it to let go of the object.
    template <class Work>
    decltype(auto) use(Work&& work) {
        const std::lock_guard lock(mutex_);
        if (!value_) {
            throw Error(Errc::invalid_argument, "it was closed; make another");
        }
        return work(*value_);
    }
    /// The object, for those who need it for longer; null after `close`.
    std::shared_ptr<T> share() {
        const std::lock_guard lock(mutex_);
        return value_;
    }
    void close() {
        const std::lock_guard lock(mutex_);
        value_.reset();
    }

  private:
    std::mutex mutex_;
    std::shared_ptr<T> value_;
};

/// A `Guarded` as a Python object holds it: the GIL is released for all that is done.
template <class T>
class Handle {
  public:
    explicit Handle(std::shared_ptr<T> value)
        : guarded_(std::make_shared<Guarded<T>>(std::move(value))) {}
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() {
        const nanobind::gil_scoped_release released;
        guarded_.reset();
    }

    template <class Work>
    decltype(auto) use(Work&& work) {
        const nanobind::gil_scoped_release released;
        return guarded_->use(std::forward<Work>(work));
    }
    void close() {
        const nanobind::gil_scoped_release released;
        guarded_->close();
    }
    [[nodiscard]] const std::shared_ptr<Guarded<T>>& guarded() const { return guarded_; }

  private:
    std::shared_ptr<Guarded<T>> guarded_;
};

} // namespace oldfilm::bindings
