#include "media/packet_log.hpp"

#include <oldfilm/error.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

namespace oldfilm::media {
namespace {

namespace fs = std::filesystem;

/// Before each packet's data. Logs are read on the machine that wrote them: its own byte order.
struct Head {
    std::int64_t pts, dts, duration;
    std::int32_t flags, size;
};
static_assert(sizeof(Head) == 32);

[[noreturn]] void failed(const char* doing, const fs::path& path) {
    throw Error(
        Errc::io,
        fmt::format("cannot {} {}: {}; make room, or see to the disk, and run it again to resume",
                    doing, path.string(), std::strerror(errno)));
}

/// Each packet's head, with the stream at its data; `use` must read or skip them.
void for_each(const fs::path& path, const std::function<void(const Head&, std::ifstream&)>& use) {
    std::ifstream file(path, std::ios::binary);
    Head head{};
    while (file.read(reinterpret_cast<char*>(&head), sizeof(head))) {
        use(head, file);
        if (!file) {
            break;
        }
    }
    if (!file.eof() || file.gcount() != 0) {
        throw Error(
            Errc::unreadable,
            fmt::format("{} must hold whole packets, and ends in one; start over", path.string()));
    }
}

} // namespace

PacketLogWriter::PacketLogWriter(const fs::path& path)
    : path_(path), file_(std::fopen(path.c_str(), "wbe")) {
    if (!file_) {
        failed("write", path_);
    }
}

void PacketLogWriter::put(const void* data, std::size_t size) {
    if (std::fwrite(data, 1, size, file_.get()) != size) {
        failed("write", path_);
    }
    bytes_ += static_cast<std::int64_t>(size);
    checksum_.add({static_cast<const char*>(data), size});
}

void PacketLogWriter::write(const AVPacket& packet) {
    const Head head{packet.pts, packet.dts, packet.duration, packet.flags, packet.size};
    put(&head, sizeof(head));
    put(packet.data, static_cast<std::size_t>(packet.size));
    ++packets_;
}

LogSeal PacketLogWriter::seal() {
    if (std::fflush(file_.get()) != 0 || fsync(fileno(file_.get())) != 0) {
        failed("write", path_);
    }
    if (std::fclose(file_.release()) != 0) {
        failed("write", path_);
    }
    return {packets_, bytes_, checksum_.value()};
}

bool is_sealed(const fs::path& path, const LogSeal& seal) {
    std::error_code missing;
    if (static_cast<std::int64_t>(fs::file_size(path, missing)) != seal.bytes || missing) {
        return false;
    }
    return base::file_checksum(path) == seal.checksum;
}

void read_packets(const fs::path& path, const std::function<void(AVPacket&)>& take) {
    const UniquePacket packet = make_packet();
    for_each(path, [&](const Head& head, std::ifstream& file) {
        check(av_new_packet(packet.get(), head.size), "hold a packet");
        file.read(reinterpret_cast<char*>(packet->data), head.size);
        packet->pts = head.pts;
        packet->dts = head.dts;
        packet->duration = head.duration;
        packet->flags = head.flags;
        if (file) {
            take(*packet);
        }
        av_packet_unref(packet.get());
    });
}

std::vector<std::int64_t> packet_times(const fs::path& path) {
    std::vector<std::int64_t> times;
    for_each(path, [&](const Head& head, std::ifstream& file) {
        file.seekg(head.size, std::ios::cur);
        times.push_back(head.pts);
    });
    return times;
}

} // namespace oldfilm::media
