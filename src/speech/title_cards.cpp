#include "speech/title_cards.hpp"

#include "speech/card_reader.hpp"
#include "speech/card_spans.hpp"
#include "speech/progress.hpp"
#include "speech/subtitle_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace oldfilm::speech {
namespace {

constexpr const char* reading_cards = "cards";
/// Less sure text is reported: a person should look at it.
constexpr double doubtful = 0.6;
/// Part of the characters that may differ where a card is found twice: before and after a splice.
constexpr double same_text = 0.1;
const Rational splice(1, 2); ///< seconds

/// Reads cards as they are found.
class Reading {
  public:
    Reading(const TranscribeOptions& options, const std::string& language, Journal& journal)
        : options_(options), language_(language), journal_(journal) {}

    void read(const Card& card) {
        if (!reader_) { // loading its data takes a moment, which films without cards need not
            reader_ = make_card_reader(language_);
        }
        const CardText text = reader_->read(readable(card.picture));
        std::vector<Line> lines;
        if (text.empty()) {
            options_.log.warning(fmt::format("the title card at {} has text that cannot be read",
                                             clock_text(card.start, '.')));
        } else {
            lines.push_back(line_of(card, text));
        }
        journal_.add(reading_cards, card.next, lines);
    }

  private:
    Line line_of(const Card& card, const CardText& text) const {
        Line line;
        line.source = LineSource::title_card;
        line.start = card.start;
        line.end = card.end;
        line.confidence = confidence_of(text);
        for (const auto& row : text) {
            line.text += line.text.empty() ? "" : "\n";
            for (std::size_t i = 0; i < row.size(); ++i) {
                line.text += (i == 0 ? "" : " ") + row[i].text;
                line.words.push_back({row[i].text, card.start, card.end, row[i].confidence});
            }
        }
        if (line.confidence < doubtful) {
            options_.log.warning(fmt::format("the title card at {} is hard to read; check: {}",
                                             clock_text(card.start, '.'),
                                             fmt::join(words_in(line.text), " ")));
        }
        return line;
    }

    const TranscribeOptions& options_;
    std::string language_;
    Journal& journal_;
    std::unique_ptr<CardReader> reader_;
};

/// Insertions, deletions and replacements from one text to the other (Levenshtein).
std::size_t distance(const std::string& a, const std::string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        row[j] = j;
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t before = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = before + (a[i] == b[j] ? 0 : 1);
            before = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, before + 1});
        }
    }
    return row.back();
}

bool is_same_card(const Line& a, const Line& b) {
    const auto most = same_text * static_cast<double>(std::max(a.text.size(), b.text.size()));
    return b.start - a.end <= splice && static_cast<double>(distance(a.text, b.text)) <= most;
}

/// A card on both sides of a splice or a flash is one line.
std::vector<Line> joined(const std::vector<Line>& lines) {
    std::vector<Line> made;
    for (const Line& line : lines) {
        if (made.empty() || !is_same_card(made.back(), line)) {
            made.push_back(line);
            continue;
        }
        Line both = line.confidence > made.back().confidence ? line : made.back();
        both.start = made.back().start;
        both.end = line.end;
        for (Word& word : both.words) {
            word.start = both.start;
            word.end = both.end;
        }
        made.back() = std::move(both);
    }
    return made;
}

} // namespace

std::vector<Line> read_title_cards(const std::string& path, const TranscribeOptions& options,
                                   const std::string& language, Journal& journal) {
    ReadOptions read;
    read.protocols = options.protocols;
    read.keep_coded = false;
    read.log = options.log;
    Reader film(path, read);
    const auto total = static_cast<double>(film.info().frames);
    std::int64_t number = 0;
    const std::int64_t first = journal.done(reading_cards);
    Reading reading(options, language, journal);
    CardSpans spans([&](const Card& card) { reading.read(card); });
    const auto advance = [&] { report(options, reading_cards, static_cast<double>(++number), total); };
    while (number < first && film.skip()) {
        advance();
    }
    while (const std::optional<Frame> frame = film.next()) {
        spans.add(*frame);
        advance();
    }
    spans.finish();
    return joined(journal.lines(reading_cards));
}

} // namespace oldfilm::speech
