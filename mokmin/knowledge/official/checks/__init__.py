"""The reviewer: rules that read an official document like a careful senior, without a model."""
