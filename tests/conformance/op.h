// One op of a scenario, read from JSON.
#pragma once

#include "data.h"

#include <cryptostream/dsl/options.h>

#include <rapidjson/document.h>

#include <chrono>
#include <optional>
#include <string>

namespace conformance {

using Json = rapidjson::Value;

class Op {
 public:
  explicit Op(const Json& json) : json_(&json) {
    if (!json.IsObject()) throw ScenarioError("an object is expected");
  }

  bool has(const char* field) const { return json_->HasMember(field); }
  const Json& json() const { return *json_; }
  /// Throws ScenarioError if it is missing or no text.
  std::string text(const char* field) const {
    auto found = json_->FindMember(field);
    if (found == json_->MemberEnd() || !found->value.IsString())
      throw ScenarioError(std::string("missing ") + field + " of op " + text_or("id", text_or("op", "?")));
    return {found->value.GetString(), found->value.GetStringLength()};
  }
  std::string text_or(const char* field, std::string otherwise) const {
    auto found = json_->FindMember(field);
    if (found == json_->MemberEnd() || !found->value.IsString()) return otherwise;
    return {found->value.GetString(), found->value.GetStringLength()};
  }
  std::int64_t number(const char* field) const {
    auto found = json_->FindMember(field);
    if (found == json_->MemberEnd() || !found->value.IsInt64())
      throw ScenarioError(std::string("missing ") + field + " of op " + text_or("id", text_or("type", "?")));
    return found->value.GetInt64();
  }
  std::chrono::milliseconds millis(const char* field) const { return std::chrono::milliseconds(number(field)); }
  bool boolean_or(const char* field, bool otherwise) const {
    auto found = json_->FindMember(field);
    return found == json_->MemberEnd() || !found->value.IsBool() ? otherwise : found->value.GetBool();
  }
  Op object(const char* field) const { return Op((*json_)[field]); }

  cryptostream::Named named() const { return cryptostream::Named(text_or("name", "")); }

  /// The store the op asks for, with the types' serdes.
  cryptostream::Materialized materialized(const Type& key, const Type& value) const {
    cryptostream::Materialized store(text_or("store", ""));
    store = store.key_serde(key->serde()).value_serde(value->serde());
    if (has("versioned_ms")) store = store.versioned(millis("versioned_ms"));
    if (has("retention_ms")) store = store.retention(millis("retention_ms"));
    return boolean_or("logging", true) ? store : store.logging(false);
  }

 private:
  const Json* json_;
};

}  // namespace conformance
