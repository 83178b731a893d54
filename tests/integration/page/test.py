"""Issue 5, point 5: the page, in real Chromium. Each module below is a part of what it promises; acted_agent.py stands in
for an agent where a real one has not that much to show."""
import live      # noqa: F401
import looks     # noqa: F401
import safety    # noqa: F401
import streams   # noqa: F401
from harness import main

if __name__ == "__main__":
    main()
