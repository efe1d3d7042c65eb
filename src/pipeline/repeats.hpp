#pragma once
/// \file
/// Frames that show again what the one before them shows. Stages see each picture once: repeats are
/// taken out ahead of them and put back behind them, so that equal frames stay equal.

#include "pipeline/node.hpp"

#include <oldfilm/frame.hpp>

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace oldfilm {

/// What was taken out between two nodes. Used on the run thread; `first_frame_needed_for` from
/// any.
class Repeats {
  public:
    /// Notes the next frame, and says whether it repeats the one before it: it shows the same, and
    /// `is_as_before`, what is decided about it.
    bool see(const FrameInfo& info, bool is_as_before = true);
    /// It is taken out.
    void take_out(const FrameInfo& info);
    /// One that is frame `index` again.
    void put(std::int64_t index, const FrameInfo& info);
    /// Repeat number `number` of frame `index`; nothing while it isn't there (yet).
    [[nodiscard]] std::optional<FrameInfo> of(std::int64_t index, std::size_t number) const;
    /// Nobody asks for repeats of frames before `index` again.
    void forget_before(std::int64_t index);

    /// The first frame that stages must see for what they make of `frame`: `reach` pictures before
    /// it, or so many more that pictures from `shot_first` on are a multiple of `aligned`.
    [[nodiscard]] std::int64_t first_frame_needed_for(std::int64_t frame, std::int64_t shot_first,
                                                      std::int64_t reach,
                                                      std::int64_t aligned) const;

  private:
    std::optional<std::int32_t> shot_; ///< of the last frame
    std::deque<std::pair<std::int64_t, std::vector<FrameInfo>>> waiting_;
    mutable std::mutex mutex_;
    std::vector<std::int64_t> own_; ///< frames that repeat none, in order; guarded by the mutex
};

/// Takes repeats out, where the intake hasn't.
class Fold final : public Node {
  public:
    Fold(FrameBuffer& in, FrameBuffer& out, Repeats& repeats)
        : Node(in, out), repeats_(repeats), next_(in.begin()) {}
    bool step() override;

  private:
    Repeats& repeats_;
    std::int64_t next_;
    at::Tensor last_; ///< picture
};

/// Puts them back: each shows what its frame has become.
class Unfold final : public Node {
  public:
    Unfold(FrameBuffer& in, FrameBuffer& out, Repeats& repeats)
        : Node(in, out), repeats_(repeats), next_(in.begin()) {}
    bool step() override;

  private:
    Repeats& repeats_;
    std::int64_t next_;
    Frame last_;
    std::size_t given_ = 0; ///< of its repeats
};

/// Hands frames on as they are, showing each, repeats too, to an observer. Who puts repeats back
/// finds those that were shown.
class Tap final : public Node {
  public:
    Tap(FrameBuffer& in, FrameBuffer& out, Repeats& repeats, Repeats& shown,
        pipeline::FrameObserver& observer)
        : Node(in, out), repeats_(repeats), shown_(shown), observer_(observer), next_(in.begin()) {}
    bool step() override;

  private:
    Repeats& repeats_;
    Repeats& shown_;
    pipeline::FrameObserver& observer_;
    std::int64_t next_;
    Frame last_;
    std::size_t count_ = 0; ///< of its repeats, shown
};

} // namespace oldfilm
