#include <cryptostream/dashboard/assets.h>

#include <fmt/format.h>

#include <algorithm>

namespace cryptostream::dashboard {
namespace {

// Everything comes from here, and nobody may show the page inside theirs.
constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const Asset* find(std::string_view name) {
  auto all = assets();
  auto at = std::lower_bound(all.begin(), all.end(), name,
                             [](const Asset& each, std::string_view wanted) { return each.name < wanted; });
  return at != all.end() && at->name == name ? &*at : nullptr;
}

std::string_view type_of_file(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  if (name.ends_with(".woff2")) return "font/woff2";
  if (name.ends_with(".png")) return "image/png";
  return "text/plain; charset=utf-8";
}

/// "app-CjuDRGFQ.js": eight characters of its content's hash stand before the extension.
bool hashed(std::string_view name) {
  auto dot = name.rfind('.'), dash = name.rfind('-', dot);
  return dot != name.npos && dash != name.npos && dot - dash == 9;
}

/// Whether the client takes this encoding: "gzip, deflate, br;q=1.0", but not with q=0.
bool takes(std::string_view accepted, std::string_view encoding) {
  while (!accepted.empty()) {
    auto part = accepted.substr(0, accepted.find(','));
    accepted.remove_prefix(std::min(accepted.size(), part.size() + 1));
    auto word = part.substr(std::min(part.size(), part.find_first_not_of(' ')));
    auto parameters = word.find(';');
    auto name = word.substr(0, parameters);
    name = name.substr(0, name.find_last_not_of(' ') + 1);
    if (name != encoding) continue;
    auto q = parameters == word.npos ? word.npos : word.find("q=", parameters);
    return q == word.npos || word.find_first_of("123456789", q) != word.npos;
  }
  return false;
}

}  // namespace

ServedAnswer page_file(const ServedRequest& request) {
  ServedAnswer nothing{.status = 404, .body = "nothing here\n"};
  auto name = std::string_view(request.path).substr(1);
  // No file is looked for outside the program, so this is only said plainly.
  if (name.find("..") != name.npos || name.find_first_of("%\\") != name.npos) return nothing;
  // A page of a coin is none of the files, though its symbol may have a dot.
  bool route = name.starts_with("coin/") || name.substr(name.rfind('/') + 1).find('.') == name.npos;
  if (route) name = "index.html";
  bool compressed_form = name.ends_with(".br") || name.ends_with(".gz");
  const auto* plain = compressed_form ? nullptr : find(name);
  if (plain == nullptr) return nothing;
  ServedAnswer answer{.type = std::string(type_of_file(name))};
  const auto* chosen = plain;
  for (auto [encoding, extension] : {std::pair("br", ".br"), std::pair("gzip", ".gz")}) {
    if (!takes(request.header("Accept-Encoding"), encoding)) continue;
    const auto* smaller = find(fmt::format("{}{}", name, extension));
    if (smaller == nullptr) continue;
    chosen = smaller;
    answer.headers.emplace_back("Content-Encoding", encoding);
    break;
  }
  answer.body = chosen->bytes;
  answer.headers.emplace_back("Vary", "Accept-Encoding");
  answer.headers.emplace_back("Cache-Control", hashed(name) ? "public, max-age=31536000, immutable" : "no-cache");
  answer.headers.emplace_back(
      "ETag", fmt::format("\"{:x}-{}\"", std::hash<std::string_view>()(chosen->bytes), chosen->bytes.size()));
  answer.headers.emplace_back("Content-Security-Policy", policy);
  answer.headers.emplace_back("Referrer-Policy", "no-referrer");
  answer.headers.emplace_back("X-Frame-Options", "DENY");
  answer.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  return answer;
}

}  // namespace cryptostream::dashboard
