#include <cryptostream/data/topic_pattern.h>

#include <regex>
#include <stdexcept>

namespace cryptostream {

struct NamePattern::Compiled {
  std::string text;
  std::regex regex;
};

NamePattern::NamePattern(std::string text) {
  try {
    std::regex regex(text);
    compiled_ = std::make_shared<const Compiled>(Compiled{std::move(text), std::move(regex)});
  } catch (const std::regex_error& error) {
    throw std::invalid_argument("\"" + text + "\" is no regular expression for names of topics: " + error.what());
  }
}

const std::string& NamePattern::text() const { return compiled_->text; }

bool NamePattern::matches(std::string_view name) const {
  return std::regex_match(name.begin(), name.end(), compiled_->regex);
}

}  // namespace cryptostream
