#include <cryptostream/cli/config_file.h>

#include <cryptostream/cli/option.h>
#include <cryptostream/cli/secrets.h>
#include <cryptostream/cli/suggest.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cstdlib>

namespace cryptostream::cli {
namespace {

std::string joined(const std::vector<std::string>& path, std::size_t from = 0) {
  std::string out;
  for (std::size_t i = from; i < path.size(); ++i) out += (i == from ? "" : "-") + path[i];
  std::replace(out.begin(), out.end(), '_', '-');
  return out;
}

class Reader {
 public:
  Reader(std::string file, const Environment& environment) : file_(std::move(file)), environment_(environment) {}

  Result<std::vector<FileSetting>> read(const toml::table& table) {
    std::vector<std::string> path;
    CRYPTOSTREAM_TRY(walk(table, path));
    return std::move(settings_);
  }

 private:
  std::string where(const toml::node& node) const { return fmt::format("{}:{}", file_, node.source().begin.line); }

  Result<void> walk(const toml::table& table, std::vector<std::string>& path) {
    for (const auto& [key, node] : table) {
      path.emplace_back(key.str());
      if (const auto* inner = node.as_table()) {
        CRYPTOSTREAM_TRY(walk(*inner, path));
      } else {
        CRYPTOSTREAM_TRY(take(node, path));
      }
      path.pop_back();
    }
    return {};
  }

  Result<void> take(const toml::node& node, const std::vector<std::string>& path) {
    FileSetting setting;
    setting.where = where(node);
    CRYPTOSTREAM_TRY(name_of(path, setting));
    if (const auto* array = node.as_array()) {
      for (const auto& element : *array) CRYPTOSTREAM_TRY(add_value(element, setting));
    } else {
      CRYPTOSTREAM_TRY(add_value(node, setting));
    }
    settings_.push_back(std::move(setting));
    return {};
  }

  /// A path is an option's name, or a command's words and then one.
  Result<void> name_of(const std::vector<std::string>& path, FileSetting& into) {
    into.name = joined(path);
    if (find_option(into.name)) return {};
    for (auto command : commands()) {
      std::size_t length = words(command).find(' ') == std::string_view::npos ? 1 : 2;
      if (path.size() <= length) continue;
      std::string scope = length == 1 ? path[0] : path[0] + " " + path[1];
      const auto* option = scope == words(command) ? find_option(joined(path, length)) : nullptr;
      if (!option || !option->taken_by(command)) continue;
      into.scope = scope;
      into.name = option->name;
      return {};
    }
    std::vector<std::string> known;
    for (const auto& option : options()) known.emplace_back(option.name);
    return fail(ErrorKind::configuration,
                fmt::format("{}: there is no setting `{}`{}", into.where, into.name, did_you_mean(into.name, known)));
  }

  Result<void> add_value(const toml::node& node, FileSetting& setting) {
    if (const auto* text = node.as_string()) {
      CRYPTOSTREAM_TRY_ASSIGN(auto value, expand(text->get(), setting.where));
      setting.values.push_back(std::move(value));
    } else if (const auto* whole = node.as_integer()) {
      setting.values.push_back(fmt::format("{}", whole->get()));
    } else if (const auto* truth = node.as_boolean()) {
      setting.values.emplace_back(truth->get() ? "true" : "false");
    } else {
      return fail(ErrorKind::configuration,
                  fmt::format("{}: `{}` must be a text, a whole number, true or false, or a list of texts", where(node),
                              setting.name));
    }
    return {};
  }

  Result<std::string> expand(const std::string& text, const std::string& place) {
    std::string out;
    std::size_t at = 0;
    while (true) {
      auto begin = text.find("${", at);
      if (begin == std::string::npos) return out + text.substr(at);
      auto end = text.find('}', begin);
      if (end == std::string::npos)
        return fail(ErrorKind::configuration, fmt::format("{}: `${{` is never closed", place));
      out += text.substr(at, begin - at);
      auto inside = text.substr(begin + 2, end - begin - 2);
      if (inside.starts_with("env:")) {
        auto value = environment_(inside.substr(4));
        if (!value)
          return fail(ErrorKind::configuration,
                      fmt::format("{}: environment variable {} is not set", place, inside.substr(4)));
        out += *value;
      } else if (inside.starts_with("file:")) {
        auto value = read_secret_file(inside.substr(5));
        if (!value) return fail(std::move(value).error().with_context(place));
        out += *value;
      } else {
        return fail(ErrorKind::configuration,
                    fmt::format("{}: `${{{}}}` is neither ${{env:NAME}} nor ${{file:PATH}}", place, inside));
      }
      at = end + 1;
    }
  }

  std::string file_;
  const Environment& environment_;
  std::vector<FileSetting> settings_;
};

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
}

Result<std::vector<FileSetting>> read_config_file(const std::filesystem::path& file, const Environment& environment) {
  try {
    auto table = toml::parse_file(file.string());
    return Reader(file.string(), environment).read(table);
  } catch (const toml::parse_error& error) {
    auto line = error.source().begin.line;
    if (line == 0)
      return fail(ErrorKind::configuration, fmt::format("{} cannot be read: {}", file.string(), error.description()));
    return fail(ErrorKind::configuration, fmt::format("{}:{}: {}", file.string(), line, error.description()));
  }
}

}  // namespace cryptostream::cli
