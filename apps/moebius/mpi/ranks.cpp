// SPDX-License-Identifier: MIT
#include "ranks.hpp"

#include <mpi.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace moebius::cli {
namespace {

enum tag { ask = 1, grant = 2, leave = 3 };

constexpr std::chrono::microseconds nap{200};  // between looks: waiting ranks take no processor

using place_block = std::array<std::uint64_t, 2>;  // from, to

/// The blocks that a rank has been granted and its threads take apart.
class local_places {
public:
    std::optional<std::uint64_t> take() {
        std::unique_lock lock(mutex_);
        ++waiting_;
        wake_.wait(lock, [this] { return left_ > 0 || over_; });
        --waiting_;
        if (left_ == 0) return std::nullopt;
        auto& [from, to] = blocks_.front();
        const auto out = from++;
        if (from == to) blocks_.pop_front();
        --left_;
        return out;
    }

    /// @param block  an empty one says that there are no more
    void add(place_block block) {
        const std::lock_guard lock(mutex_);
        if (block[0] < block[1])
            blocks_.push_back(block);
        else
            over_ = true;
        left_ += block[1] - block[0];
        wake_.notify_all();
    }

    /// Whether a thread waits. A block that is taken earlier would lie here at the end of the run,
    /// while another rank has nothing to do.
    [[nodiscard]] bool needs() {
        const std::lock_guard lock(mutex_);
        return !over_ && left_ == 0 && waiting_ > 0;
    }

private:
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<place_block> blocks_;
    std::uint64_t left_ = 0;
    unsigned waiting_ = 0;
    bool over_ = false;
};

/// What rank 0 hands out.
struct all_places {
    std::uint64_t next = 0, end = 0, takers = 1;

    place_block take() {
        const auto from = next;
        next += block_size(end - next, takers);
        return {from, next};
    }
};

/// One rank's part in sharing out places. A thread computes, and this one talks: so rank 0 answers
/// while its own points take minutes.
class sharing {
public:
    sharing(unsigned rank, unsigned size, std::uint64_t places, unsigned threads)
        : rank_(rank), others_(size - 1) {
        all_ = {0, places, std::uint64_t{size} * threads};
    }

    void run(const std::function<void(const number_source&)>& work) {
        std::atomic<bool> ended = false;
        std::exception_ptr fault;
        std::thread worker([&] {
            try {
                work([this] { return mine_.take(); });
            } catch (...) {
                fault = std::current_exception();
            }
            ended = true;
        });
        while (!ended || asked_) {
            talk(!ended);
            std::this_thread::sleep_for(nap);
        }
        worker.join();
        if (fault) std::rethrow_exception(fault);  // it ends all ranks
        if (rank_ != 0) MPI_Send(nullptr, 0, MPI_BYTE, 0, leave, MPI_COMM_WORLD);
        while (rank_ == 0 && left_ < others_) {
            serve();
            std::this_thread::sleep_for(nap);
        }
    }

private:
    void talk(bool more) {
        if (rank_ == 0) {
            serve();
            if (more && mine_.needs()) mine_.add(all_.take());
            return;
        }
        if (asked_) {
            int came = 0;
            MPI_Test(&reply_, &came, MPI_STATUS_IGNORE);
            if (came == 0) return;
            asked_ = false;
            mine_.add(granted_);
        }
        if (more && mine_.needs()) {
            MPI_Irecv(granted_.data(), 2, MPI_UINT64_T, 0, grant, MPI_COMM_WORLD, &reply_);
            MPI_Send(nullptr, 0, MPI_BYTE, 0, ask, MPI_COMM_WORLD);
            asked_ = true;
        }
    }

    /// Answers all that have asked.
    void serve() {
        for (;;) {
            int came = 0;
            MPI_Status status;
            MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &came, &status);
            if (came == 0) return;
            MPI_Recv(nullptr, 0, MPI_BYTE, status.MPI_SOURCE, status.MPI_TAG, MPI_COMM_WORLD,
                     MPI_STATUS_IGNORE);
            if (status.MPI_TAG == leave) {
                ++left_;
                continue;
            }
            const auto block = all_.take();
            MPI_Send(block.data(), 2, MPI_UINT64_T, status.MPI_SOURCE, grant, MPI_COMM_WORLD);
        }
    }

    unsigned rank_, others_, left_ = 0;
    all_places all_;
    local_places mine_;
    place_block granted_{};
    MPI_Request reply_ = MPI_REQUEST_NULL;
    bool asked_ = false;
};

class mpi_ranks final : public rank_group {
public:
    mpi_ranks() {
        int given = 0, rank = 0, size = 1;
        MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &given);
        MPI_Comm_rank(MPI_COMM_WORLD, &rank);
        MPI_Comm_size(MPI_COMM_WORLD, &size);
        rank_ = static_cast<unsigned>(rank);
        size_ = static_cast<unsigned>(size);
    }
    mpi_ranks(const mpi_ranks&) = delete;
    mpi_ranks& operator=(const mpi_ranks&) = delete;
    ~mpi_ranks() override { MPI_Finalize(); }

    [[nodiscard]] unsigned rank() const noexcept override { return rank_; }
    [[nodiscard]] unsigned size() const noexcept override { return size_; }

    void meet() override {
        MPI_Request all = MPI_REQUEST_NULL;
        int here = 0;
        MPI_Ibarrier(MPI_COMM_WORLD, &all);
        for (MPI_Test(&all, &here, MPI_STATUS_IGNORE); here == 0;
             MPI_Test(&all, &here, MPI_STATUS_IGNORE))
            std::this_thread::sleep_for(nap);
    }

    [[nodiscard]] bool agree(std::uint64_t number) override {
        std::array<std::uint64_t, 2> mine{number, ~number}, most{};
        MPI_Allreduce(mine.data(), most.data(), 2, MPI_UINT64_T, MPI_MAX, MPI_COMM_WORLD);
        return most[0] == ~most[1];
    }

    void share(std::uint64_t places, unsigned threads,
               const std::function<void(const number_source&)>& work) override {
        sharing(rank_, size_, places, threads).run(work);
        meet();
    }

    [[noreturn]] void end(int code) override {
        MPI_Abort(MPI_COMM_WORLD, code);
        std::abort();  // which it does not reach
    }

private:
    unsigned rank_ = 0, size_ = 1;
};

}  // namespace

std::unique_ptr<rank_group> join_ranks() {
    // only under a launcher: alone, MPI_Init would take half a second and ports of the machine
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"})
        if (std::getenv(name) != nullptr) return std::make_unique<mpi_ranks>();
    return nullptr;
}

}  // namespace moebius::cli
