#include <cryptostream/core/excerpt.h>
#include <cryptostream/sources/ecb/eurofxref.h>

#include <algorithm>

#include <pugixml.hpp>

namespace cryptostream {
namespace {

Result<FxAnswer> decode(const std::string& where, std::string_view body) {
  pugi::xml_document document;
  auto parsed = document.load_buffer(body.data(), body.size());
  if (!parsed)
    return fail(ErrorKind::bad_record, fmt::format("it is no XML, or cut off (byte {}: {}): {}", parsed.offset,
                                                   parsed.description(), excerpt(body, 80)));
  auto days = document.document_element().child("Cube").children("Cube");
  if (days.begin() == days.end())
    return fail(ErrorKind::bad_record, fmt::format("element Cube/Cube is missing: {}", excerpt(body, 160)));
  FxAnswer answer;
  for (auto day : days) {
    std::string_view date = day.attribute("time").value();
    auto time = reference_time(date);
    if (!time) return fail(ErrorKind::bad_record, "attribute Cube/Cube/@time " + time.error().message());
    FxTable table{.base = "EUR", .time = *time};
    for (auto rate : day.children("Cube")) {
      std::string currency = rate.attribute("currency").value();
      auto field = fmt::format("{}: attribute rate of {} on {}", where,
                               currency.empty() ? "a Cube without currency" : excerpt(currency, 10), date);
      if (currency.empty()) {
        answer.bad_rows.push_back(Error(ErrorKind::bad_record, field + " belongs to none"));
      } else {
        add_rate(answer, table, std::move(currency), rate.attribute("rate").value(), field);
      }
    }
    answer.tables.push_back(std::move(table));
  }
  std::stable_sort(answer.tables.begin(), answer.tables.end(),
                   [](const FxTable& a, const FxTable& b) { return a.time < b.time; });
  return answer;
}

}  // namespace

Result<FxAnswer> decode_ecb(std::string_view file, std::string_view body) {
  auto where = fmt::format("ecb {}", file);
  auto answer = decode(where, body);
  if (answer) return answer;
  return fail(answer.error().kind(),
              fmt::format("{}: {}; this is no file of reference rates; check the address (--ecb-url), or wait until it "
                          "is well",
                          where, answer.error().message()));
}

}  // namespace cryptostream
