#include <cryptostream/pipelines/pipeline.h>

#include <fmt/format.h>

#include <filesystem>

namespace cryptostream {

Result<void> expect_room_for_tables(std::string_view uri) {
  if (!uri.starts_with("csv:")) return {};
  auto path = uri.substr(4, uri.find('?') == std::string_view::npos ? std::string_view::npos : uri.find('?') - 4);
  std::error_code ignored;
  if (!std::filesystem::path(path).has_extension() || std::filesystem::is_directory(path, ignored)) return {};
  return fail(ErrorKind::usage,
              fmt::format("{} is one file, but this pipeline writes several: name a folder, as csv:out/", uri));
}

}  // namespace cryptostream
