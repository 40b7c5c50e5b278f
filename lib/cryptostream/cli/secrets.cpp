#include <cryptostream/cli/secrets.h>

#include <cryptostream/core/log.h>

#include <array>
#include <fstream>

namespace cryptostream::cli {

std::string mask_secrets(std::string_view text) {
  std::string out(text);
  if (auto scheme = out.find("://"); scheme != std::string::npos) {
    auto begin = scheme + 3;
    auto end = out.find_first_of("/?#", begin);
    auto at = out.substr(0, end).rfind('@');
    auto colon = out.find(':', begin);
    if (at != std::string::npos && at > begin && colon < at) out.replace(colon + 1, at - colon - 1, "***");
  }
  for (std::string_view name : {"password=", "sslpassword=", "apiKey=", "api_key=", "token="}) {
    std::size_t from = 0;
    while ((from = out.find(name, from)) != std::string::npos) {
      from += name.size();
      auto end = from < out.size() && out[from] == '\'' ? out.find('\'', from + 1) : out.find_first_of("& ", from);
      if (end != std::string::npos && out[end] == '\'') ++end;
      out.replace(from, end == std::string::npos ? std::string::npos : end - from, "***");
    }
  }
  return out;
}

bool holds_secret(std::string_view text) { return mask_secrets(text) != text; }

Result<std::string> read_secret_file(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  if (!in || !std::getline(in, line))
    return fail(ErrorKind::configuration,
                fmt::format("{} cannot be read or is empty; it should hold the key in its first line", file.string()));
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  std::error_code error;
  auto rights = std::filesystem::status(file, error).permissions();
  using std::filesystem::perms;
  if (!error && (rights & (perms::group_read | perms::others_read)) != perms::none)
    log(LogLevel::warning, "config", "{} can be read by others; chmod 600 it", file.string());
  return line;
}

}  // namespace cryptostream::cli
