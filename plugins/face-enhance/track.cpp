#include "track.hpp"

#include <algorithm>
#include <cmath>

namespace oldfilm::stages {
namespace {

struct Sighting {
    std::size_t frame;
    const Face* face;
};
using Track = std::vector<Sighting>;

Point middle(const Face& face) {
    Point sum;
    for (const Point& point : face.points) {
        sum = {sum.x + point.x / 5, sum.y + point.y / 5};
    }
    return sum;
}

/// How far apart two sightings are, in parts of the face; 1 and more is another face.
double apart(const Face& a, const Face& b) {
    const double ratio = a.side / b.side;
    if (ratio > 1.6 || ratio < 1 / 1.6) {
        return 1;
    }
    const Point p = middle(a);
    const Point q = middle(b);
    return std::hypot(p.x - q.x, p.y - q.y) / (0.5 * std::min(a.side, b.side));
}

std::vector<Track> tracks_of(const std::vector<std::vector<Face>>& window) {
    std::vector<Track> tracks;
    for (std::size_t frame = 0; frame < window.size(); ++frame) {
        for (const Face& face : window[frame]) {
            Track* nearest = nullptr;
            double least = 1;
            for (Track& track : tracks) {
                const double distance = apart(*track.back().face, face);
                if (track.back().frame < frame && distance < least) {
                    least = distance;
                    nearest = &track;
                }
            }
            if (nearest == nullptr) {
                tracks.push_back({{frame, &face}});
            } else {
                nearest->push_back({frame, &face});
            }
        }
    }
    return tracks;
}

/// A weighted straight line through value(sighting) over time, at `centre`.
template <class Value>
double line_at(const Track& track, std::size_t centre, Value value) {
    double w = 0, wt = 0, wtt = 0, wv = 0, wtv = 0;
    for (const Sighting& seen : track) {
        const double t = static_cast<double>(seen.frame) - static_cast<double>(centre);
        const double weight = 1 / (1 + std::abs(t));
        const double v = value(*seen.face);
        w += weight;
        wt += weight * t;
        wtt += weight * t * t;
        wv += weight * v;
        wtv += weight * t * v;
    }
    const double spread = w * wtt - wt * wt;
    return spread < 1e-9 ? wv / w : (wtt * wv - wt * wtv) / spread;
}

} // namespace

std::vector<SteadyFace> steady_faces(const std::vector<std::vector<Face>>& window,
                                     std::size_t centre) {
    std::vector<SteadyFace> faces;
    const auto frames = static_cast<double>(window.size());
    for (const Track& track : tracks_of(window)) {
        const double majority = 2 * static_cast<double>(track.size()) - frames;
        if (majority <= 0) {
            continue;
        }
        SteadyFace face;
        face.weight = std::min(1.0, majority / std::max(frames - 1, 1.0));
        for (std::size_t i = 0; i < face.points.size(); ++i) {
            face.points[i] = {line_at(track, centre, [i](const Face& f) { return f.points[i].x; }),
                              line_at(track, centre, [i](const Face& f) { return f.points[i].y; })};
        }
        faces.push_back(face);
    }
    return faces;
}

} // namespace oldfilm::stages
