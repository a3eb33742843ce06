// SPDX-License-Identifier: MIT
#include <map>
#include <moebius/equations/host_function.hpp>
#include <mutex>
#include <utility>

namespace moebius {
namespace {

struct known_functions {
    std::mutex access;
    std::map<std::string, std::shared_ptr<const host_function>> by_name;
};

known_functions& hosted() {
    static known_functions all;
    return all;
}

}  // namespace

hosted_function::hosted_function(std::string name, host_function function)
    : name_(std::move(name)) {
    const std::lock_guard lock(hosted().access);
    hosted().by_name[name_] = std::make_shared<const host_function>(std::move(function));
}

hosted_function::~hosted_function() {
    std::shared_ptr<const host_function> last;  // freed when nothing is locked
    const std::lock_guard lock(hosted().access);
    if (const auto at = hosted().by_name.find(name_); at != hosted().by_name.end()) {
        last = std::move(at->second);
        hosted().by_name.erase(at);
    }
}

std::shared_ptr<const host_function> find_host_function(const std::string& name) {
    const std::lock_guard lock(hosted().access);
    const auto at = hosted().by_name.find(name);
    return at == hosted().by_name.end() ? nullptr : at->second;
}

}  // namespace moebius
