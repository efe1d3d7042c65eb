#pragma once
/// \file
/// Reading the text of a title card.

#include "speech/gray_image.hpp"

#include <memory>
#include <string>
#include <vector>

namespace oldfilm::speech {

/// A word of a card, with the reader's confidence in [0, 1].
struct CardWord {
    std::string text;
    double confidence = 0;
};

/// Rows of words, from top to bottom.
using CardText = std::vector<std::vector<CardWord>>;

/// One thread at a time.
class CardReader {
  public:
    virtual ~CardReader() = default;
    /// Empty where there is no text. Throws `Error`.
    virtual CardText read(const GrayImage& image) = 0;
};

/// Tesseract with the data of `language` (see languages.hpp). Throws `Error` (unsupported): this
/// build has no Tesseract, or its data of that language is not installed.
std::unique_ptr<CardReader> make_card_reader(const std::string& language);

/// "Tesseract 5.3.0"; empty: not in this build.
std::string card_reader_name();

/// Mean of the words' confidences; 0 for no words.
double confidence_of(const CardText& text);

} // namespace oldfilm::speech
