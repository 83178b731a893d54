#include "agent/http_settings.h"

#include "agent/version.h"

namespace vf::agent {

HttpSettings http_settings(const Options& options) {
  HttpSettings settings;
  settings.base_url = options.url;
  settings.ca_file = options.ca_file;
  settings.client_cert = options.client_cert;
  settings.client_key = options.client_key;
  settings.https_proxy = options.https_proxy;
  settings.http_proxy = options.http_proxy;
  settings.no_proxy = options.no_proxy;
  settings.user_agent = std::string("vf-agent/") + version;
  return settings;
}

}  // namespace vf::agent
