// The page's files, inside the program. Private to the module.
#pragma once

#include <cryptostream/net/http_server.h>

#include <optional>
#include <span>
#include <string_view>

namespace cryptostream::dashboard {

struct Asset {
  std::string_view name;  ///< "index.html", "app-CjuDRGFQ.js.br"
  std::string_view bytes;
};

/// All of them, by name.
std::span<const Asset> assets();

/// The file of that path, as small as the client takes it; index.html for paths without an extension, which the page
/// itself knows. 404 for the rest.
ServedAnswer page_file(const ServedRequest& request);

}  // namespace cryptostream::dashboard
