# about: Lightning's TQDMProgressBar: the sanity check, then 3 epochs of training with a validation in each.
# pypi: torch==2.13.0 lightning rich
import logging
import time
import warnings

import lightning
import torch
from lightning.pytorch.callbacks import TQDMProgressBar

warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch.utilities.rank_zero").addFilter(lambda record: "Tip:" not in record.getMessage())


class Model(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, _index):
        time.sleep(0.03)
        loss = self.layer(batch[0]).pow(2).mean()
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch, _index):
        time.sleep(0.02)
        self.log("valid_loss", self.layer(batch[0]).pow(2).mean(), prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


rows = torch.utils.data.TensorDataset(torch.randn(80, 4))
trainer = lightning.Trainer(
    max_epochs=3, accelerator="cpu", logger=False, enable_checkpointing=False, callbacks=[TQDMProgressBar()]
)
train, valid = (torch.utils.data.DataLoader(rows, batch_size=size) for size in (4, 8))
trainer.fit(Model(), train, valid)
