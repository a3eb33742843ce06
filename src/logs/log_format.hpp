// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <moebius/base/file_reader.hpp>
#include <moebius/tokens/byte_source.hpp>
#include <string>
#include <string_view>

namespace moebius {

enum class log_format { csv, jsonl, npy, npz, events, weights };

/// "CSV", "an event file", for sentences.
[[nodiscard]] std::string_view name_of(log_format format);

/// A file whose first bytes were looked at.
class log_bytes final : public byte_source {
public:
    static constexpr std::size_t most_start = 4096;

    /// @param grows  whether more may be written to it: start() is what is there so far
    explicit log_bytes(const std::string& path, bool grows = false);

    /// Looks for more of the start of a file that grows; nothing else was read of it yet.
    void look_again();

    [[nodiscard]] std::string_view start() const noexcept { return start_; }
    [[nodiscard]] file_reader& file() noexcept { return file_; }  ///< behind start()

    std::size_t read(std::span<char> to) override;
    std::optional<std::size_t> size() const override { return file_.size(); }
    const std::string& name() const noexcept override { return file_.name(); }

private:
    file_reader file_;
    std::string start_;
    std::size_t given_ = 0;
};

/// The format that the first bytes show; weights are safetensors.
/// @throws io_error  for a pickle and other formats that are not read, with what makes a log of it
[[nodiscard]] log_format format_of(const log_bytes& file);

}  // namespace moebius
