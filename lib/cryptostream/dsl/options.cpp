#include <cryptostream/dsl/options.h>

namespace cryptostream {

ErasedSerde::ErasedSerde() = default;
ErasedSerde::ErasedSerde(const ErasedSerde&) = default;
ErasedSerde::ErasedSerde(ErasedSerde&&) noexcept = default;
ErasedSerde& ErasedSerde::operator=(const ErasedSerde&) = default;
ErasedSerde& ErasedSerde::operator=(ErasedSerde&&) noexcept = default;
ErasedSerde::~ErasedSerde() = default;

void ErasedSerde::refuse(const std::string& where) {
  throw std::logic_error("the serde given at \"" + where +
                         "\" is for another type than the operator's keys or values there");
}

Materialized::Materialized() = default;
Materialized::Materialized(const Materialized&) = default;
Materialized::Materialized(Materialized&&) noexcept = default;
Materialized& Materialized::operator=(const Materialized&) = default;
Materialized& Materialized::operator=(Materialized&&) noexcept = default;
Materialized::~Materialized() = default;

StoreSpec Materialized::spec(std::string store_name) const {
  StoreSpec store;
  store.name = std::move(store_name);
  store.type = history ? StoreSpec::Type::versioned : StoreSpec::Type::timestamped_key_value;
  store.retention = history.value_or(std::chrono::milliseconds(0));
  store.backend = backend;
  store.logging = has_changelog;
  store.caching = is_cached && !history;
  store.topic_settings = changelog_settings;
  return store;
}

}  // namespace cryptostream
