// SPDX-License-Identifier: MIT
#include "route/route_step.hpp"

#include <cmath>

#include "route/route_kernels.hpp"

namespace moebius::gpu {
namespace {

constexpr std::size_t aligned(std::size_t bytes) { return (bytes + 255) / 256 * 256; }

std::uint32_t multiprocessors() {
    int device = 0, count = 1;
    cudaGetDevice(&device);
    cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device);
    return static_cast<std::uint32_t>(count);
}

bool shape_suits_tensor_cores(const route_batch& b) {
    const std::uint32_t together = b.type == token_type::bf16 ? 8 : 4;  // in 16 bytes
    return b.experts <= tensor_most_experts && b.width % together == 0;
}

std::uint32_t padded_width(const route_batch& b) { return (b.width + 15) / 16 * 16; }

/// The parts of a workspace, in order; `at` null only measures.
std::size_t lay_out(const route_batch& b, char* at, route_arguments& a) {
    std::size_t used = 0;
    const auto take = [&](auto*& pointer, std::size_t count) {
        pointer = reinterpret_cast<std::remove_reference_t<decltype(pointer)>>(at + used);
        used += aligned(count * sizeof *pointer);
    };
    std::uint16_t* half_gate = nullptr;
    float* gate_scale = nullptr;
    take(a.sums, std::size_t{b.experts} + 3);
    take(a.block_counts, 2 * std::size_t{multiprocessors()} * b.experts);
    if (b.type == token_type::fp32 && shape_suits_tensor_cores(b)) {
        take(half_gate, std::size_t{b.experts} * padded_width(b));
        take(gate_scale, 3 * 256);
        take(a.unsettled, b.tokens);
        take(a.candidates, 4 * std::size_t{b.tokens});
    }
    a.half_gate = half_gate;
    a.gate_scale = gate_scale;
    return used;
}

/// A matrix (rows, columns) that is copied in boxes of 128 swizzled bytes a row.
/// @param beside  how much of memory comes to the L2 cache with what is asked for
cudaError_t matrix_map(CUtensorMap& map, CUtensorMapDataType type, std::uint32_t bytes,
                       const void* data, std::uint32_t rows, std::uint32_t columns,
                       std::uint32_t box_rows, CUtensorMapL2promotion beside) {
    static void* const encode = [] {  // asked of the runtime, so that nothing links libcuda
        void* entry = nullptr;
        cudaDriverEntryPointQueryResult found{};
        const cudaError_t status = cudaGetDriverEntryPointByVersion(
            "cuTensorMapEncodeTiled", &entry, 12000, cudaEnableDefault, &found);
        return status == cudaSuccess && found == cudaDriverEntryPointSuccess ? entry : nullptr;
    }();
    if (encode == nullptr) return cudaErrorNotSupported;
    const cuuint64_t size[2] = {columns, rows}, pitch[1] = {std::uint64_t{columns} * bytes};
    const cuuint32_t box[2] = {128 / bytes, box_rows}, stride[2] = {1, 1};
    const CUresult result = reinterpret_cast<decltype(&cuTensorMapEncodeTiled)>(encode)(
        &map, type, 2, const_cast<void*>(data), size, pitch, box, stride,
        CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B, beside,
        CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
    return result == CUDA_SUCCESS ? cudaSuccess : cudaErrorInvalidValue;
}

cudaError_t launch_tensor(const route_arguments& a, cudaStream_t stream) {
    const route_batch& b = a.batch;
    const std::uint32_t width = tile_width(b.experts);
    const bool bf16 = b.type == token_type::bf16;
    CUtensorMap tokens{}, gate{};
    // Where tokens are all that takes time, more than is asked for is up to 3 % slower; where the
    // gate does, too, up to 1 % faster (data/results/h200-route-step.txt).
    const auto all = CU_TENSOR_MAP_L2_PROMOTION_L2_256B;
    const auto beside = bf16 && width <= 64 ? CU_TENSOR_MAP_L2_PROMOTION_L2_64B : all;
    cudaError_t status = matrix_map(
        tokens, bf16 ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 : CU_TENSOR_MAP_DATA_TYPE_FLOAT32,
        bf16 ? 2 : 4, b.token_data, b.tokens, b.width, tensor_tile_rows, beside);
    if (status == cudaSuccess)
        status = matrix_map(
            gate, bf16 ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 : CU_TENSOR_MAP_DATA_TYPE_FLOAT16, 2,
            bf16 ? b.gate_data : a.half_gate, b.experts, bf16 ? b.width : padded_width(b),
            width / a.cluster, all);
    if (status != cudaSuccess) return status;
    const bool general = a.rule.choices > 1 || a.rule.noise != route_noise::none;
    if (bf16)
        return (general ? launch_tensor_bf16_general : launch_tensor_bf16)(a, tokens, gate, stream);
    return (general ? launch_tensor_fp32_general : launch_tensor_fp32)(a, tokens, gate, stream);
}

bool valid(const route_batch& b) {
    return b.experts >= 1 && b.experts <= 65536 && b.width >= 1 && b.tokens < (1U << 31) - 256;
}

bool valid(const route_batch& b, const route_rule& r, const route_result& out) {
    return valid(b) && r.beta > 0 && std::isfinite(r.beta) && r.choices >= 1 &&
           r.choices <= most_choices && r.choices <= b.experts && r.tie_margin >= 0 && out.scores &&
           out.counts && out.totals &&
           (b.tokens == 0 || (b.token_data && b.gate_data && out.choices && out.probabilities));
}

bool on_16_bytes(const void* p) { return reinterpret_cast<std::uintptr_t>(p) % 16 == 0; }

}  // namespace

std::size_t route_workspace_bytes(const route_batch& batch) {
    route_arguments a{};
    return lay_out(batch, nullptr, a);
}

cudaError_t clear_route_workspace(void* workspace, std::size_t bytes, cudaStream_t stream) {
    return cudaMemsetAsync(workspace, 0, bytes, stream);
}

bool route_uses_tensor_cores(const route_batch& b) {
    return valid(b) && b.tokens > 0 && shape_suits_tensor_cores(b) && on_16_bytes(b.token_data) &&
           on_16_bytes(b.gate_data) && tensor_kernels_present();
}

cudaError_t prepare_gate(const route_batch& batch, void* workspace, cudaStream_t stream) {
    if (!valid(batch) || batch.gate_data == nullptr) return cudaErrorInvalidValue;
    if (batch.type != token_type::fp32 || !shape_suits_tensor_cores(batch)) return cudaSuccess;
    route_arguments a{};
    lay_out(batch, static_cast<char*>(workspace), a);
    return launch_prepare_gate(batch, const_cast<std::uint16_t*>(a.half_gate),
                               const_cast<float*>(a.gate_scale), stream);
}

cudaError_t route_step(const route_batch& batch, const route_rule& rule,
                       const route_feedback& feedback, const route_result& result,
                       const route_dispatch* dispatch, void* workspace, cudaStream_t stream,
                       route_path path) {
    if (!valid(batch, rule, result) || workspace == nullptr) return cudaErrorInvalidValue;
    // bf16 with float64 sums has no tensor-core kernel: only the order of exact products differs.
    const bool suits =
        route_uses_tensor_cores(batch) && !(rule.exact && batch.type == token_type::bf16);
    if (path == route_path::tensor && !suits) return cudaErrorNotSupported;
    const bool tensor = suits && path != route_path::plain;

    route_arguments a{};
    a.batch = batch;
    a.rule = rule;
    a.feedback = feedback;
    a.result = result;
    lay_out(batch, static_cast<char*>(workspace), a);
    a.tile_rows = tensor ? tensor_tile_rows : plain_tile_rows;
    a.cluster = tensor && tile_width(batch.experts) >= 128 ? 2 : 1;
    const std::uint32_t tiles = (batch.tokens + a.tile_rows - 1) / a.tile_rows;
    const std::uint32_t units = (tiles + a.cluster - 1) / a.cluster;
    const std::uint32_t most = (tensor ? 1 : 2) * multiprocessors() / a.cluster;
    a.blocks = (units < 1 ? 1 : units < most ? units : most) * a.cluster;
    a.units_each = units / (a.blocks / a.cluster);
    a.units_over = units % (a.blocks / a.cluster);
    if (tensor && dispatch == nullptr) a.block_counts = nullptr;

    const cudaError_t status = tensor ? launch_tensor(a, stream) : launch_plain(a, stream);
    if (status != cudaSuccess || dispatch == nullptr) return status;
    return launch_dispatch(a, *dispatch, stream);
}

}  // namespace moebius::gpu
