"""One job a file, one verb ``step``. The order in which they run stands in ``twin.advance`` and nowhere else."""
