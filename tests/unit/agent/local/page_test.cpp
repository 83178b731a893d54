#include "agent/local/page.h"

#include <catch2/catch.hpp>
#include <string>

namespace vf::agent {
namespace {

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

std::string_view between(std::string_view text, std::string_view begin, std::string_view end) {
  const std::size_t from = text.find(begin) + begin.size();
  return text.substr(from, text.find(end, from) - from);
}

}  // namespace

TEST_CASE("what the page's policy allows is all of its style and all of its script") {
  CHECK(count(page_html(), "<style>") == 1);
  CHECK(count(page_html(), "<script") == 1);
  CHECK(page_style() == between(page_html(), "<style>", "</style>"));
  CHECK(page_script() == between(page_html(), "<script>", "</script>"));
  CHECK(page_style().size() > 1000);
  CHECK(page_script().find("\"use strict\"") < 10);
  CHECK(page_script().rfind("})();\n") == page_script().size() - 6);
}

TEST_CASE("the page names no other file and runs nothing but its script") {
  for (const std::string_view outside : {"src=", "@import", "url(", "import(", "<iframe", "<object", "https:"}) {
    INFO(outside);
    CHECK(count(page_html(), outside) == 0);
  }
  CHECK(count(page_html(), "href=") == 1);
  CHECK(count(page_html(), R"(<link rel="icon" href="data:,">)") == 1);
  // A namespace, which nobody fetches.
  CHECK(count(page_html(), "http:") == count(page_html(), "\"http://www.w3.org/2000/svg\""));
}

TEST_CASE("nothing that comes to the page can become markup or code") {
  for (const std::string_view way :
       {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "DOMParser", "setHTML",
        "createContextualFragment", "srcdoc", "style=", "onclick=", "onload=", "onerror="}) {
    INFO(way);
    CHECK(count(page_html(), way) == 0);
  }
}

TEST_CASE("the page is put together whole: nothing is left of what stood for its parts") {
  CHECK(count(page_html(), "@STYLE@") == 0);
  CHECK(count(page_html(), "@SCRIPT@") == 0);
  CHECK(page_html().substr(0, 15) == "<!doctype html>");
  CHECK(page_html().substr(page_html().size() - 8) == "</html>\n");
  CHECK(page_html().size() < 128 * 1024);
}

}  // namespace vf::agent
