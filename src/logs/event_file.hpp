// SPDX-License-Identifier: MIT
#pragma once

#include <moebius/tokens/byte_source.hpp>
#include <string_view>

namespace moebius {

struct log_builder;

/// Whether bytes are the start of TensorBoard's event files: a length and its checksum.
[[nodiscard]] bool is_event_file(std::string_view start);

/// Adds the loads of a file of events, its tags read as the columns of a CSV.
/// @throws io_error  with the record where a length, a checksum or a message is damaged
/// @source  TensorFlow, tensorflow/core/lib/io/record_writer.cc and
/// tensorflow/core/util/event.proto
void read_events(byte_source& file, log_builder& to);

}  // namespace moebius
