"""One file per verb of ``edu-twin``; heavy imports stand inside the commands, so that help is quick."""
