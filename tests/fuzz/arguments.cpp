// The command line, an argument a line.
#include "../../examples/oldfilm/options.hpp"
#include "fuzz.hpp"

#include <sstream>
#include <vector>

void oldfilm::fuzz::parse(const std::string& text) {
    std::vector<std::string> words{"oldfilm"};
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        words.push_back(line.substr(0, line.find('\0')));
    }
    std::vector<char*> argv;
    for (std::string& word : words) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    static cli::Parser parser;
    static_cast<void>(parser.parse(static_cast<int>(words.size()), argv.data()));
}
