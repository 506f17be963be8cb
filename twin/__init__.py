"""What we know about electric drives: equations, estimators and variants. No I/O, no clock, no Kafka."""
