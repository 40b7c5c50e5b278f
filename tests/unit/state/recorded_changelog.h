// A changelog that remembers what it took, and bytes written as hexadecimal digits.
#pragma once

#include <cryptostream/state/open_store.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

inline std::string from_hex(std::string_view digits) {
  auto nibble = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(nibble(digits[i]) * 16 + nibble(digits[i + 1]));
  return bytes;
}

inline std::string to_hex(std::string_view bytes) {
  std::string digits;
  for (char c : bytes) {
    digits += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    digits += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  return digits;
}

// Throws where the result is an error.
inline void must(const cryptostream::Result<void>& result) {
  if (!result) throw std::runtime_error(result.error().message());
}

class RecordedChangelog final : public cryptostream::Changelog {
 public:
  struct Record {
    std::string key;
    cryptostream::OptionalBytes value;
    std::optional<cryptostream::Timestamp> timestamp;
    cryptostream::Headers headers;
  };
  std::vector<Record> records;

  cryptostream::Result<void> append(cryptostream::BytesView key, cryptostream::OptionalBytesView value,
                                    std::optional<cryptostream::Timestamp> timestamp,
                                    cryptostream::HeadersView headers) override {
    records.push_back(
        {std::string(key), cryptostream::OptionalBytes(value), timestamp, cryptostream::Headers(headers)});
    return {};
  }

  /// "key value timestamp" in hexadecimal and decimal, "-" for null, of what came since the last call.
  std::vector<std::string> news() {
    std::vector<std::string> lines;
    for (; told_ < records.size(); ++told_) {
      const auto& record = records[told_];
      auto line = to_hex(record.key) + " " + (record.value ? to_hex(*record.value) : "-") + " " +
                  (record.timestamp ? std::to_string(record.timestamp->ms) : "-");
      for (auto header : record.headers.view())
        line += " " + std::string(header.name) + "=" + (header.value ? to_hex(*header.value) : "-");
      lines.push_back(std::move(line));
    }
    return lines;
  }

  /// Feeds everything to a store, as a restoring task does.
  void replay(cryptostream::StateStore& store) const {
    for (const auto& record : records)
      must(store.restore(record.key, record.value, record.timestamp.value_or(cryptostream::Timestamp{}),
                         record.headers));
  }

 private:
  std::size_t told_ = 0;
};
