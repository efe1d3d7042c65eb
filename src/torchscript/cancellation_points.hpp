#pragma once
/// \file
/// A network's run that can end between its operations: a tile of a large network takes seconds on
/// a slow processor, and who presses Stop does not want to wait for it.

#include <functional>

namespace torch::jit {
struct Graph;
}

namespace oldfilm {

/// Puts a question before each operation that takes long. To be done last: other passes don't know
/// the question.
void insert_cancellation_points(torch::jit::Graph& graph);

/// While it lives, the questions asked on this thread are answered by `cancelled`; none before or
/// after. Does not nest.
class CancellationScope {
  public:
    /// `cancelled` may be null or empty, and must outlive this.
    explicit CancellationScope(const std::function<bool()>* cancelled);
    ~CancellationScope();
    CancellationScope(const CancellationScope&) = delete;
    CancellationScope& operator=(const CancellationScope&) = delete;

    /// Whether a question was answered with yes. LibTorch's interpreter makes an error of its own
    /// of whatever is thrown inside it, so that this tells what it was.
    [[nodiscard]] bool stopped() const { return stopped_; }

  private:
    friend void ask();
    const std::function<bool()>* cancelled_;
    bool stopped_ = false;
};

} // namespace oldfilm
