#include "agent/shown_value.h"

#include <catch2/catch.hpp>
#include <string>

using vf::agent::shown_value;

TEST_CASE("a value is shown in quotes as it was given") {
  CHECK(shown_value("5") == "\"5\"");
  CHECK(shown_value("") == "\"\"");
  CHECK(shown_value("https://vf.example.com:8443/a") == "\"https://vf.example.com:8443/a\"");
  CHECK(shown_value("/srv/me@home") == "\"/srv/me@home\"");
}

TEST_CASE("what would break the line or the terminal is shown in hex") {
  CHECK(shown_value("a\nb\x1b[0m") == "\"a\\x0ab\\x1b[0m\"");
  CHECK(shown_value("\xc3\xa9") == "\"\\xc3\\xa9\"");
}

TEST_CASE("a long value is cut and marked") {
  const std::string shown = shown_value(std::string(5000, 'x'));
  CHECK(shown.size() < 100);
  CHECK(shown.ends_with("x...\""));
}

TEST_CASE("user and password of a URL are never shown") {
  CHECK(shown_value("https://me:secret@vf.example.com/a") == "\"https://***@vf.example.com/a\"");
  CHECK(shown_value("https://me:se/cr@et@vf.example.com/a") == "\"https://***@vf.example.com/a\"");
  CHECK(shown_value("me:secret@proxy:3128") == "\"***@proxy:3128\"");
}

TEST_CASE("the query and fragment of a URL are never shown") {
  CHECK(shown_value("https://vf.example.com/?token=secret#x") == "\"https://vf.example.com/?***\"");
  CHECK(shown_value("https://vf.example.com/#secret") == "\"https://vf.example.com/#***\"");
}

TEST_CASE("a token in the wrong place is never shown") {
  CHECK(shown_value("vf_enroll_acme_0123_secret") == "\"vf_enroll_***\"");
  CHECK(shown_value("vf_node_acme_0123_secret") == "\"vf_node_***\"");
}
