#include <cryptostream/market/registry.h>

namespace cryptostream {
namespace {

template <class... T>
std::vector<std::string_view> names_of(TypeList<T...>) {
  return {domain_type<T>()...};
}

}  // namespace

std::vector<std::string_view> domain_type_names() { return names_of(DomainTypes()); }

Error unknown_domain_type(std::string_view name) {
  std::string known;
  for (auto type : domain_type_names()) {
    if (!known.empty()) known += ", ";
    known += type;
  }
  return Error(ErrorKind::configuration,
               fmt::format("'{}' is not a type of record this version knows; known: {}", name, known));
}

}  // namespace cryptostream
