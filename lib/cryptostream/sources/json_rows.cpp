#include <cryptostream/core/excerpt.h>
#include <cryptostream/sources/json_rows.h>

#include <string>
#include <unordered_set>

// The namespace that data/json.cpp has for it too, so that a program may use another RapidJSON.
#define RAPIDJSON_NAMESPACE cryptostream_rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN namespace cryptostream_rapidjson {
#define RAPIDJSON_NAMESPACE_END }
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

namespace cryptostream {

namespace rapidjson = ::cryptostream_rapidjson;

namespace {

constexpr int max_depth = 64;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view noise = ", \t\r\n";
  auto first = text.find_first_not_of(noise);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(noise) + 1 - first);
}

/// Notes where the elements of the list begin and end. The iterative parser calls Start… and End… while it stands on
/// the bracket.
class Splitter {
 public:
  Splitter(std::string_view text, std::string_view list, bool single, const rapidjson::MemoryStream& stream)
      : text_(text), list_(list), single_(single), stream_(stream), inside_at_(list.empty() ? 1 : 2) {}

  bool Null() { return scalar(true); }
  bool Bool(bool) { return scalar(false); }
  bool Int(int) { return scalar(false); }
  bool Uint(unsigned) { return scalar(false); }
  bool Int64(std::int64_t) { return scalar(false); }
  bool Uint64(std::uint64_t) { return scalar(false); }
  bool Double(double) { return scalar(false); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return scalar(false); }
  bool String(const char*, rapidjson::SizeType, bool) { return scalar(false); }

  bool Key(const char* name, rapidjson::SizeType length, bool) {
    if (depth_ != 1) return true;
    member_.assign(name, length);
    last_end_ = stream_.Tell();
    return true;
  }
  bool StartObject() { return start(false); }
  bool EndObject(rapidjson::SizeType) { return end(); }
  bool StartArray() { return start(true); }
  bool EndArray(rapidjson::SizeType) { return end(); }

  JsonRows rows;
  std::string complaint;  // why a handler stopped the parser
  bool found = false;

 private:
  bool at_list() const { return list_.empty() ? depth_ == 0 : depth_ == 1 && member_ == list_; }
  bool inside_list() const { return inside_ && depth_ == inside_at_; }

  bool complain(std::string why) {
    complaint = std::move(why);
    return false;
  }
  std::string place() const { return list_.empty() ? std::string("the answer") : fmt::format("field {}", list_); }
  /// What stands at the list's place is not a list: shows its beginning, which often says why.
  bool not_a_list(std::size_t at, std::string_view what) {
    return complain(
        fmt::format("{} is {} where a list is expected: {}", place(), what, excerpt(text_.substr(at), 200)));
  }

  bool start(bool array) {
    auto at = stream_.Tell();
    if (depth_ == 0 && !list_.empty() && array)
      return complain(fmt::format("the answer is a list where an object with field {} is expected", list_));
    if (at_list()) {
      if (found) return complain(fmt::format("{} stands there twice", place()));
      found = true;
      if (!array && !single_) return not_a_list(at, "an object");
      inside_ = array;
      single_now_ = !array;
      last_end_ = at + 1;
    }
    if (inside_list() || (single_now_ && depth_ == inside_at_ - 1)) row_at_ = at;
    if (++depth_ > max_depth) return complain(fmt::format("it is nested deeper than {}", max_depth));
    return true;
  }

  bool end() {
    --depth_;
    auto after = stream_.Tell() + 1;
    if (inside_list() || (single_now_ && depth_ == inside_at_ - 1)) {
      rows.rows.push_back(text_.substr(row_at_, after - row_at_));
      last_end_ = after;
      single_now_ = false;
    } else if (inside_ && depth_ == inside_at_ - 1) {
      inside_ = false;
    }
    return true;
  }

  bool scalar(bool null) {
    auto after = stream_.Tell();
    auto written = [&] { return trimmed(text_.substr(last_end_, after - last_end_)); };
    if (inside_list()) {
      rows.rows.push_back(written());
      last_end_ = after;
    } else if (at_list()) {
      return not_a_list(last_end_, null ? "null" : "a single value");
    } else if (depth_ == 0) {
      return complain("the answer is a single value where an object is expected");
    } else if (depth_ == 1 && member_ == "timestamp" && !null && !list_.empty()) {
      auto value = written();  // begins with the colon
      value.remove_prefix(value.find(':') + 1);
      rows.timestamp = trimmed(value);
    }
    return true;
  }

  std::string_view text_;
  std::string_view list_;
  bool single_;
  const rapidjson::MemoryStream& stream_;
  const int inside_at_;  // depth of the list's elements
  int depth_ = 0;
  bool inside_ = false;
  bool single_now_ = false;
  std::string member_;  // of the envelope
  std::size_t row_at_ = 0;
  std::size_t last_end_ = 0;  // of what stood before the value being read
};

/// Notes where the values of the outermost object begin and end.
class MemberFinder {
 public:
  MemberFinder(std::string_view text, const rapidjson::MemoryStream& stream) : text_(text), stream_(stream) {}

  bool Null() { return scalar(); }
  bool Bool(bool) { return scalar(); }
  bool Int(int) { return scalar(); }
  bool Uint(unsigned) { return scalar(); }
  bool Int64(std::int64_t) { return scalar(); }
  bool Uint64(std::uint64_t) { return scalar(); }
  bool Double(double) { return scalar(); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return scalar(); }
  bool String(const char*, rapidjson::SizeType, bool) { return scalar(); }
  bool Key(const char* name, rapidjson::SizeType length, bool) {
    if (depth_ != 1) return true;
    members.push_back({std::string(name, length), {}});
    name_end_ = stream_.Tell();
    if (names_.insert(members.back().name).second) return true;
    return complain(fmt::format("field {} stands there twice", excerpt(members.back().name, 40)));
  }
  bool StartObject() { return start(); }
  bool EndObject(rapidjson::SizeType) { return end(); }
  bool StartArray() { return depth_ == 0 ? complain("it is a list where an object is expected") : start(); }
  bool EndArray(rapidjson::SizeType) { return end(); }

  std::vector<JsonMember> members;
  std::string complaint;  // why a handler stopped the parser

 private:
  bool complain(std::string why) {
    complaint = std::move(why);
    return false;
  }
  bool start() {
    if (++depth_ > max_depth) return complain(fmt::format("it is nested deeper than {}", max_depth));
    return true;
  }
  bool end() {
    if (--depth_ == 1) note(stream_.Tell() + 1);
    return true;
  }
  bool scalar() {
    if (depth_ == 0) return complain("it is a single value where an object is expected");
    if (depth_ == 1) note(stream_.Tell());
    return true;
  }
  void note(std::size_t after) {
    auto value = trimmed(text_.substr(name_end_, after - name_end_));  // begins with the colon
    value.remove_prefix(value.find(':') + 1);
    members.back().value = trimmed(value);
  }

  std::string_view text_;
  const rapidjson::MemoryStream& stream_;
  std::unordered_set<std::string> names_;
  int depth_ = 0;
  std::size_t name_end_ = 0;
};

/// Reads the whole text; errors as the header says.
template <class Handler>
Result<void> read_json(std::string_view text, rapidjson::MemoryStream& stream, Handler& handler) {
  rapidjson::Reader reader;
  constexpr unsigned flags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;
  auto outcome = reader.Parse<flags>(stream, handler);
  if (!handler.complaint.empty()) return fail(ErrorKind::bad_record, handler.complaint);
  if (!outcome.IsError()) return {};
  if (outcome.Code() == rapidjson::kParseErrorStringInvalidEncoding)
    return fail(ErrorKind::bad_record, fmt::format("it is not UTF-8 (byte {})", outcome.Offset()));
  if (outcome.Offset() >= text.size())
    return fail(ErrorKind::bad_record, fmt::format("it is JSON cut off after {} bytes", text.size()));
  return fail(ErrorKind::bad_record, fmt::format("it is not JSON (byte {}: {})", outcome.Offset(),
                                                 rapidjson::GetParseError_En(outcome.Code())));
}

}  // namespace

Result<JsonRows> split_json_rows(std::string_view text, std::string_view list, bool single) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  Splitter splitter(text, list, single, stream);
  CRYPTOSTREAM_TRY(read_json(text, stream, splitter));
  if (!splitter.found) return fail(ErrorKind::bad_record, fmt::format("field {} is missing", list));
  return std::move(splitter.rows);
}

Result<std::vector<JsonMember>> json_members(std::string_view text) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  MemberFinder finder(text, stream);
  CRYPTOSTREAM_TRY(read_json(text, stream, finder));
  return std::move(finder.members);
}

std::optional<std::string_view> find_member(const std::vector<JsonMember>& members, std::string_view name) {
  for (const auto& member : members)
    if (member.name == name && member.value != "null") return member.value;
  return std::nullopt;
}

std::string_view unquoted(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"') return value.substr(1, value.size() - 2);
  return value;
}

}  // namespace cryptostream
