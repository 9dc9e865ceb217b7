#include "consul_dns/c_ares.hpp"

#include <memory>

namespace drcon::consul_dns {
namespace {

constexpr int internet = 1;  // the class IN

#if ARES_VERSION >= 0x011c00

struct free_record {
  void operator()(ares_dns_record_t* record) const { ares_dns_record_destroy(record); }
};
using owned_record = std::unique_ptr<ares_dns_record_t, free_record>;

std::optional<std::vector<unsigned char>> bytes_of(const ares_dns_record_t* record) {
  unsigned char* raw = nullptr;
  std::size_t length = 0;
  if (record == nullptr || ares_dns_write(record, &raw, &length) != ARES_SUCCESS) return {};
  std::vector<unsigned char> bytes(raw, raw + length);
  ares_free_string(raw);
  return bytes;
}

bool add_edns(ares_dns_record_t* record, std::uint16_t payload) {
  ares_dns_rr_t* option = nullptr;
  return ares_dns_record_rr_add(&option, record, ARES_SECTION_ADDITIONAL, "", ARES_REC_TYPE_OPT, ARES_CLASS_IN, 0) ==
             ARES_SUCCESS &&
         ares_dns_rr_set_u16(option, ARES_RR_OPT_UDP_SIZE, payload) == ARES_SUCCESS &&
         ares_dns_rr_set_u8(option, ARES_RR_OPT_VERSION, 0) == ARES_SUCCESS &&
         ares_dns_rr_set_u16(option, ARES_RR_OPT_FLAGS, 0) == ARES_SUCCESS;
}

// What c-ares carries to its callback, which frees it.
struct waiting {
  ares_answer_handler handler;
  void* argument;
};

void received(void* argument, ares_status_t status, std::size_t /*timeouts*/, const ares_dns_record_t* record) {
  const std::unique_ptr<waiting> held(static_cast<waiting*>(argument));
  if (status != ARES_SUCCESS) {
    held->handler(held->argument, status, {});
    return;
  }
  const auto bytes = bytes_of(record);
  held->handler(held->argument, bytes ? ARES_SUCCESS : ARES_EBADRESP,
                bytes ? *bytes : std::span<const unsigned char>());
}

#else

// What c-ares carries to its callback, which frees it.
struct waiting {
  ares_answer_handler handler;
  void* argument;
};

void received(void* argument, int status, int /*timeouts*/, unsigned char* bytes, int length) {
  const std::unique_ptr<waiting> held(static_cast<waiting*>(argument));
  const bool any = status == ARES_SUCCESS && bytes != nullptr && length > 0;
  held->handler(
      held->argument, status,
      any ? std::span<const unsigned char>(bytes, static_cast<std::size_t>(length)) : std::span<const unsigned char>());
}

#endif

}  // namespace

#if ARES_VERSION >= 0x011c00

std::optional<std::vector<unsigned char>> create_ares_query(const std::string& name, int type, std::uint16_t id,
                                                            int payload) {
  ares_dns_record_t* raw = nullptr;
  if (ares_dns_record_create(&raw, id, ARES_FLAG_RD, ARES_OPCODE_QUERY, ARES_RCODE_NOERROR) != ARES_SUCCESS) return {};
  const owned_record record(raw);
  if (ares_dns_record_query_add(raw, name.c_str(), static_cast<ares_dns_rec_type_t>(type),
                                static_cast<ares_dns_class_t>(internet)) != ARES_SUCCESS)
    return {};
  if (payload > 0 && !add_edns(raw, static_cast<std::uint16_t>(payload))) return {};
  return bytes_of(raw);
}

void send_ares_query(ares_channel channel, const std::vector<unsigned char>& query, ares_answer_handler handler,
                     void* argument) {
  ares_dns_record_t* raw = nullptr;
  if (const auto status = ares_dns_parse(query.data(), query.size(), 0, &raw); status != ARES_SUCCESS) {
    handler(argument, status, {});
    return;
  }
  const owned_record record(raw);
  // The status is reported to the callback too.
  static_cast<void>(ares_send_dnsrec(channel, raw, received, new waiting{handler, argument}, nullptr));
}

#else

std::optional<std::vector<unsigned char>> create_ares_query(const std::string& name, int type, std::uint16_t id,
                                                            int payload) {
  unsigned char* raw = nullptr;
  int length = 0;
  if (ares_create_query(name.c_str(), internet, type, id, 1, &raw, &length, payload) != ARES_SUCCESS) return {};
  std::vector<unsigned char> bytes(raw, raw + length);
  ares_free_string(raw);
  return bytes;
}

void send_ares_query(ares_channel channel, const std::vector<unsigned char>& query, ares_answer_handler handler,
                     void* argument) {
  ares_send(channel, query.data(), static_cast<int>(query.size()), received, new waiting{handler, argument});
}

#endif

void turn_off_ares_defaults([[maybe_unused]] ares_options& options, [[maybe_unused]] int& mask) {
#ifdef ARES_OPT_QUERY_CACHE
  options.qcache_max_ttl = 0;
  mask |= ARES_OPT_QUERY_CACHE;
#endif
#ifdef ARES_OPT_MAXTIMEOUTMS
  options.maxtimeout = options.timeout;
  mask |= ARES_OPT_MAXTIMEOUTMS;
#endif
}

}  // namespace drcon::consul_dns
