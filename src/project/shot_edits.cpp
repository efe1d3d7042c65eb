#include "project/shot_edits.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <set>
#include <utility>

namespace oldfilm::project {
namespace {

[[noreturn]] void refuse(const std::string& why) {
    throw Error(Errc::invalid_argument, why);
}

void check_cuts(const std::vector<std::int64_t>& first_frames, std::int64_t frames) {
    std::int64_t before = -1;
    for (const std::int64_t frame : first_frames) {
        if (frame < 0 || frame >= frames) {
            refuse(fmt::format("shots must begin at frames 0 to {}, found {}; is it the list of "
                               "another film?",
                               frames - 1, frame));
        }
        if (frame <= before) {
            refuse(fmt::format("the first frames of shots must increase, found {} after {}", frame,
                               before));
        }
        before = frame;
    }
}

bool is_inside(const ProjectRegion::Point& point, const ProjectSource& source) {
    return point[0] >= 0 && point[0] <= static_cast<double>(source.width) && point[1] >= 0 &&
           point[1] <= static_cast<double>(source.height);
}

} // namespace

bool is_valid_id(const std::string& id) {
    return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

bool has_shot(const Shots& shots, const std::string& id) {
    return std::any_of(shots.begin(), shots.end(),
                       [&id](const ProjectShot& shot) { return shot.id == id; });
}

Shots::iterator find_shot(Shots& shots, const std::string& id) {
    const auto found = std::find_if(shots.begin(), shots.end(),
                                    [&id](const ProjectShot& shot) { return shot.id == id; });
    if (found == shots.end()) {
        throw Error(Errc::not_found, fmt::format("the project has no shot \"{}\"; oldfilm project "
                                                 "show lists its shots",
                                                 id));
    }
    return found;
}

std::string new_id(const Shots& shots, std::int64_t first) {
    std::string id = fmt::format("s{}", first);
    for (int number = 2; has_shot(shots, id); ++number) {
        id = fmt::format("s{}-{}", first, number);
    }
    return id;
}

std::string split_shot(Shots& shots, const std::string& id, std::int64_t frame) {
    const auto shot = find_shot(shots, id);
    if (frame <= shot->first || frame > shot->last) {
        refuse(fmt::format("shot \"{}\" has frames {} to {}; a cut in it comes before one of {} "
                           "to {}, found {}",
                           id, shot->first, shot->last, shot->first + 1, shot->last, frame));
    }
    ProjectShot second = *shot;
    second.id = new_id(shots, frame);
    second.first = frame;
    shot->last = frame - 1;
    return shots.insert(std::next(shot), std::move(second))->id;
}

void merge_shots(Shots& shots, const std::string& id) {
    const auto shot = find_shot(shots, id);
    const auto next = std::next(shot);
    if (next == shots.end()) {
        refuse(fmt::format("shot \"{}\" is the last one; there is none to merge with it", id));
    }
    shot->last = next->last;
    shots.erase(next);
}

void shift_cut(Shots& shots, const std::string& id, std::int64_t first) {
    const auto shot = find_shot(shots, id);
    if (shot == shots.begin()) {
        refuse(fmt::format("shot \"{}\" begins with the film; there is no cut before it", id));
    }
    const auto before = std::prev(shot);
    if (first <= before->first || first > shot->last) {
        refuse(fmt::format("the cut before shot \"{}\" must be at one of frames {} to {}, found {}",
                           id, before->first + 1, shot->last, first));
    }
    before->last = first - 1;
    shot->first = first;
}

void set_cuts(Shots& shots, const std::vector<std::int64_t>& first_frames) {
    const std::int64_t frames = shots.back().last + 1;
    check_cuts(first_frames, frames);
    Shots changed;
    std::vector<std::int64_t> starts = first_frames;
    if (starts.empty() || starts.front() != 0) {
        starts.insert(starts.begin(), 0);
    }
    std::set<std::string> taken;
    auto from = shots.begin();
    for (std::size_t i = 0; i < starts.size(); ++i) {
        while (from->last < starts[i]) {
            ++from;
        }
        ProjectShot shot = *from;
        shot.first = starts[i];
        shot.last = (i + 1 < starts.size() ? starts[i + 1] : frames) - 1;
        if (!taken.insert(shot.id).second) {
            shot.id.clear();
        }
        changed.push_back(std::move(shot));
    }
    for (ProjectShot& shot : changed) {
        if (shot.id.empty()) {
            shot.id = new_id(changed, shot.first);
        }
    }
    shots = std::move(changed);
}

void update_shot(Shots& shots, const ProjectShot& shot) {
    const auto found = find_shot(shots, shot.id);
    if (found->first != shot.first || found->last != shot.last) {
        refuse(fmt::format("shot \"{}\" has frames {} to {}, found {} to {}; use split, merge or "
                           "shift to change them",
                           shot.id, found->first, found->last, shot.first, shot.last));
    }
    std::set<std::string> ids;
    for (const StageOverride& stage : shot.stages) {
        if (!ids.insert(stage.id).second) {
            refuse(fmt::format("shot \"{}\" names the stage \"{}\" twice", shot.id, stage.id));
        }
    }
    *found = shot;
}

std::string why_invalid(const ProjectRegion& region, const ProjectSource& source) {
    if (!is_valid_id(region.id)) {
        return fmt::format("expected an id of letters, digits, - and _, found \"{}\"", region.id);
    }
    if (region.first < 0 || region.last < region.first || region.last >= source.frames) {
        return fmt::format("region \"{}\": expected frames from 0 to {}, found {} to {}", region.id,
                           source.frames - 1, region.first, region.last);
    }
    if (region.polygon.size() < 3) {
        return fmt::format("region \"{}\": expected a polygon with 3 corners or more, found {}",
                           region.id, region.polygon.size());
    }
    for (const ProjectRegion::Point& point : region.polygon) {
        if (!is_inside(point, source)) {
            return fmt::format(
                "region \"{}\": the corner [{}, {}] lies outside the picture of {} x "
                "{} pixels",
                region.id, point[0], point[1], source.width, source.height);
        }
    }
    return "";
}

} // namespace oldfilm::project
