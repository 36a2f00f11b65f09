# about: Hugging Face's Trainer with an evaluation after each of 3 epochs, on a model of one layer.
# pypi: torch==2.13.0 transformers accelerate
import time

import torch
from transformers import Trainer, TrainingArguments


class Rows(torch.utils.data.Dataset):
    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, number):
        time.sleep(0.002)
        return {"x": torch.ones(4) * number / self.count, "labels": torch.tensor([number / self.count])}


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def forward(self, x, labels):
        out = self.layer(x)
        return {"loss": torch.nn.functional.mse_loss(out, labels), "logits": out}


arguments = TrainingArguments(
    "out", num_train_epochs=3, eval_strategy="epoch", save_strategy="no", logging_steps=10, use_cpu=True, report_to=[]
)
Trainer(Model(), arguments, train_dataset=Rows(160), eval_dataset=Rows(80)).train()
