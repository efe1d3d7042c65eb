#include "track.hpp"

#include <algorithm>
#include <cmath>

namespace oldfilm::stages {
namespace {

struct Sighting {
    double offset;
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

std::vector<Track> tracks_of(const std::vector<Look>& looks) {
    std::vector<Track> tracks;
    for (const Look& look : looks) {
        for (const Face& face : look.faces) {
            Track* nearest = nullptr;
            double least = 1;
            for (Track& track : tracks) {
                const double distance = apart(*track.back().face, face);
                if (track.back().offset < look.offset && distance < least) {
                    least = distance;
                    nearest = &track;
                }
            }
            if (nearest == nullptr) {
                tracks.push_back({{look.offset, &face}});
            } else {
                nearest->push_back({look.offset, &face});
            }
        }
    }
    return tracks;
}

/// A weighted straight line through value(sighting) over time, at the center.
template <class Value>
double line(const Track& track, Value value) {
    double w = 0, wt = 0, wtt = 0, wv = 0, wtv = 0;
    for (const Sighting& seen : track) {
        const double t = seen.offset;
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

std::vector<SteadyFace> steady_faces(const std::vector<Look>& looks) {
    std::vector<SteadyFace> faces;
    const auto frames = static_cast<double>(looks.size());
    for (const Track& track : tracks_of(looks)) {
        const double majority = 2 * static_cast<double>(track.size()) - frames;
        if (majority <= 0) {
            continue;
        }
        SteadyFace face;
        face.weight = std::min(1.0, majority / std::max(frames - 1, 1.0));
        for (std::size_t i = 0; i < face.points.size(); ++i) {
            face.points[i] = {line(track, [i](const Face& f) { return f.points[i].x; }),
                              line(track, [i](const Face& f) { return f.points[i].y; })};
        }
        faces.push_back(face);
    }
    return faces;
}

} // namespace oldfilm::stages
