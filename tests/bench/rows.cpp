#include "rows.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace drcon::bench {
namespace {

void print(const row& each) {
  std::printf("%-62s %12.3f %-14s", each.what.c_str(), each.figure, each.unit.c_str());
  if (each.floor) std::printf("  %s: %.3f, ratio %.2f", each.beside.c_str(), *each.floor, each.figure / *each.floor);
  else if (!each.beside.empty()) std::printf("  %s: not installed", each.beside.c_str());
  if (each.most) std::printf("  goal %g", *each.most);
  if (each.share) std::printf("  goal %g x", *each.share);
  if (const auto met = is_met(each)) std::printf("  %s", *met ? "met" : "NOT MET");
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace

std::optional<bool> is_met(const row& each) {
  if (!each.most && !(each.share && each.floor)) return {};
  return (!each.most || each.figure <= *each.most) &&
         (!each.share || !each.floor || each.figure <= *each.share * *each.floor);
}

void report(const row& each) {
  print(each);
  const auto* const file = std::getenv("DRCON_BENCH_ROWS");
  if (file == nullptr) return;
  nlohmann::ordered_json line{{"row", each.what}, {"figure", each.figure}, {"unit", each.unit}};
  if (!each.beside.empty()) line["beside"] = each.beside;
  if (each.floor) line["floor"] = *each.floor;
  if (each.most) line["goal_figure"] = *each.most;
  if (each.share) line["goal_ratio"] = *each.share;
  if (const auto met = is_met(each)) line["met"] = *met;
  std::ofstream(file, std::ios::app) << line.dump() << "\n";
}

double clock_of(clockid_t of) {
  timespec now{};
  if (::clock_gettime(of, &now) != 0) throw std::runtime_error("a clock of processor time cannot be read");
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double processor_time_of(pid_t process) {
  clockid_t clock{};
  if (::clock_getcpuclockid(process, &clock) != 0) throw std::runtime_error("a measured process has ended");
  return clock_of(clock);
}

double quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values.at(static_cast<std::size_t>(share * static_cast<double>(values.size() - 1)));
}

double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

}  // namespace drcon::bench
