#!/usr/bin/env bash
export KAFKA_HEAP_OPTS=${KAFKA_HEAP_OPTS:--Xmx1G -Xms1G} STAND_IN_LOG_LEVEL=info
exec /opt/kafka/bin/kafka-run-class.sh kafka.Kafka "$@"
