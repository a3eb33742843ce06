// SPDX-License-Identifier: MIT
#include <moebius/base/opened_files.hpp>

namespace moebius {
namespace {

thread_local opened_files* listening = nullptr;

}  // namespace

opened_files::opened_files() noexcept { listening = this; }

opened_files::~opened_files() { listening = nullptr; }

void opened_files::note(std::string_view name) {
    if (listening != nullptr) listening->names_.emplace(name);
}

}  // namespace moebius
