// TapView: what taps and samples need to know of the pipelines of this agent. Loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>

#include "agent/scraper.h"
#include "agent/vector_binary.h"
#include "supervisor/supervisor.h"
#include "tapper/tapper.h"

namespace vf::agent {

/// All of these outlive what is made of it.
struct TapView {
  boost::asio::io_context& loop;
  const supervisor::Supervisor& keeper;
  const Scraper& scraper;
  const VectorBinary& binary;
  std::string data_dir;

  [[nodiscard]] tapper::Tapper::Parts parts(std::chrono::milliseconds longest) const;

 private:
  [[nodiscard]] std::optional<tapper::TapTarget> find(const std::string& pipeline_id,
                                                      const std::string& component_id) const;
  [[nodiscard]] Result<tapper::TapProgram> program(const std::string& pipeline_id) const;
};

}  // namespace vf::agent
