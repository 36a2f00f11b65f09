# about: Hugging Face datasets: map in one process, filter, and map in two processes.
# pypi: datasets
import time

from datasets import Dataset


def tokenize(row):
    time.sleep(0.005)
    return {"length": len(row["text"])}


if __name__ == "__main__":
    data = Dataset.from_dict({"text": [f"sentence {number}" for number in range(200)]})
    data = data.map(tokenize)
    data = data.filter(lambda row: row["length"] > 10)
    data = data.map(tokenize, num_proc=2, desc="Tokenizing")
    data.to_json("data.json")
    print(len(data))
