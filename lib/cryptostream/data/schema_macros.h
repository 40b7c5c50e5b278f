// The preprocessor's part of CRYPTOSTREAM_SCHEMA and CRYPTOSTREAM_ENUM: walking a list of entries.
#pragma once
// Compilers tell the story of every macro on the way to an error, except of those from system headers: so a misspelt
// member stays short.
#pragma GCC system_header

// Rescans its argument 85 times: enough for 64 entries, one a scan.
#define CRYPTOSTREAM_SCAN_(...) \
  CRYPTOSTREAM_SCAN_3_(CRYPTOSTREAM_SCAN_3_(CRYPTOSTREAM_SCAN_3_(CRYPTOSTREAM_SCAN_3_(__VA_ARGS__))))
#define CRYPTOSTREAM_SCAN_3_(...) \
  CRYPTOSTREAM_SCAN_2_(CRYPTOSTREAM_SCAN_2_(CRYPTOSTREAM_SCAN_2_(CRYPTOSTREAM_SCAN_2_(__VA_ARGS__))))
#define CRYPTOSTREAM_SCAN_2_(...) \
  CRYPTOSTREAM_SCAN_1_(CRYPTOSTREAM_SCAN_1_(CRYPTOSTREAM_SCAN_1_(CRYPTOSTREAM_SCAN_1_(__VA_ARGS__))))
#define CRYPTOSTREAM_SCAN_1_(...) __VA_ARGS__

// CRYPTOSTREAM_EACH_(f, context, a, (b, c)): f(context, a) f(context, b, c)
#define CRYPTOSTREAM_EACH_(f, context, ...) __VA_OPT__(CRYPTOSTREAM_SCAN_(CRYPTOSTREAM_STEP_(f, context, __VA_ARGS__)))
#define CRYPTOSTREAM_STEP_(f, context, entry, ...) \
  CRYPTOSTREAM_CALL_(f, context, entry)            \
  __VA_OPT__(CRYPTOSTREAM_AGAIN_ CRYPTOSTREAM_PARENS_(f, context, __VA_ARGS__))
#define CRYPTOSTREAM_AGAIN_() CRYPTOSTREAM_STEP_
#define CRYPTOSTREAM_PARENS_ ()

// f(context, entry), without the parentheses around the entry if it has some.
#define CRYPTOSTREAM_CALL_(f, context, entry) CRYPTOSTREAM_CALL_1_(CRYPTOSTREAM_IS_LIST_(entry), f, context, entry)
#define CRYPTOSTREAM_CALL_1_(is_list, f, context, entry) CRYPTOSTREAM_CALL_2_(is_list, f, context, entry)
#define CRYPTOSTREAM_CALL_2_(is_list, f, context, entry) CRYPTOSTREAM_CALL_LIST_##is_list(f, context, entry)
#define CRYPTOSTREAM_CALL_LIST_0(f, context, entry) f(context, entry)
#define CRYPTOSTREAM_CALL_LIST_1(f, context, entry) CRYPTOSTREAM_CALL_3_(f, context, CRYPTOSTREAM_OPEN_ entry)
#define CRYPTOSTREAM_CALL_3_(f, ...) f(__VA_ARGS__)
#define CRYPTOSTREAM_OPEN_(...) __VA_ARGS__

// 1 if the entry is in parentheses, else 0.
#define CRYPTOSTREAM_IS_LIST_(entry) CRYPTOSTREAM_SECOND_(CRYPTOSTREAM_PROBE_ entry, 0, 0)
#define CRYPTOSTREAM_PROBE_(...) ignored, 1
#define CRYPTOSTREAM_SECOND_(...) CRYPTOSTREAM_SECOND_1_(__VA_ARGS__)
#define CRYPTOSTREAM_SECOND_1_(first, second, ...) second

// What becomes of one entry. CryptostreamT is the type itself, as a template argument: so that a mistake can be tested
// for.
#define CRYPTOSTREAM_SCHEMA_CHECK_(Type, member, ...)                                                                 \
  if constexpr (!requires {                                                                                           \
                  { &CryptostreamT::member } -> ::cryptostream::detail::DataMember;                                   \
                }) {                                                                                                  \
    static_assert(sizeof(CryptostreamT) == 0, "CRYPTOSTREAM_SCHEMA(" #Type "): no public data member '" #member "'"); \
    all = false;                                                                                                      \
  } else if constexpr (!::cryptostream::detail::KindOf<decltype(CryptostreamT::member)>::known) {                     \
    static_assert(sizeof(CryptostreamT) == 0, "CRYPTOSTREAM_SCHEMA(" #Type "): the type of '" #member                 \
                                              "' has no schema; see cryptostream::type_of for those that have");      \
    all = false;                                                                                                      \
  }
#define CRYPTOSTREAM_SCHEMA_NAME_(Type, member, ...) ::cryptostream::detail::entry(#member __VA_OPT__(, ) __VA_ARGS__),
#define CRYPTOSTREAM_SCHEMA_FIELD_(Type, member, ...)                        \
  ::cryptostream::detail::make_field<CryptostreamT, &CryptostreamT::member>( \
      CRYPTOSTREAM_SCHEMA_NAME_1_(#member __VA_OPT__(, ) __VA_ARGS__)),
#define CRYPTOSTREAM_SCHEMA_NAME_1_(...) ::cryptostream::detail::entry(__VA_ARGS__)

#define CRYPTOSTREAM_ENUM_CHECK_(Type, value, ...)                                                         \
  if constexpr (!requires { CryptostreamT::value; }) {                                                     \
    static_assert(sizeof(CryptostreamT) == 0, "CRYPTOSTREAM_ENUM(" #Type "): no enumerator '" #value "'"); \
    all = false;                                                                                           \
  }
#define CRYPTOSTREAM_ENUM_TEXT_(Type, value, ...)  \
  ::cryptostream::detail::EnumText<CryptostreamT>{ \
      CryptostreamT::value, ::cryptostream::detail::entry(#value __VA_OPT__(, ) __VA_ARGS__).name},
